#include "cli/cli.h"
#include "kernel/kernel.h"

int main(int argc, char **argv)
{
    return cli_main(argc, (const char *const *)argv, NBKATIB_VERSION, kernel_main);
}
