/* The user that runs this process. Safe in threads, unlike getpwuid. */
#ifndef BASE_USER_H
#define BASE_USER_H

char *user_home(void); /* $HOME, else the password file's; caller frees; NULL when there is none */
char *user_name(void); /* the login name; caller frees; NULL when there is none */

#endif
