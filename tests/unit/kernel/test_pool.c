/* Workers: order, results on the loop's thread, and an end with work left over. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "check.h"
#include "kernel/pool.h"

#define JOBS 200

static struct loop *loop;
static struct pool *pool;
static pthread_t owner;
static atomic_int worked;
static int finished, posted;

struct task {
    struct pool_job job;
    struct pool_job note;
    int sleep_ms;
};

static void on_note(struct pool_job *job)
{
    (void)job;
    assert_true(pthread_equal(pthread_self(), owner));
    posted++;
}

static void work(struct pool_job *job)
{
    struct task *task = (struct task *)job;

    usleep((useconds_t)task->sleep_ms * 1000);
    worked++;
    task->note.done = on_note;
    pool_post(pool, &task->note);
}

/* What a job posted comes before its end. */
static void done(struct pool_job *job)
{
    (void)job;
    assert_true(pthread_equal(pthread_self(), owner));
    finished++;
    assert_true(posted >= finished);
}

static void begin(void)
{
    struct nbt_error err = NBT_ERROR_INIT;

    owner = pthread_self();
    worked = 0;
    finished = posted = 0;
    loop = loop_new();
    assert_int_equal(pool_new(&pool, loop, &err), 0);
}

static void test_all_come_back(void **state)
{
    static struct task tasks[JOBS];

    (void)state;
    begin();
    for (int i = 0; i < JOBS; i++) {
        tasks[i] = (struct task){.job = {.work = work, .done = done}};
        pool_run(pool, &tasks[i].job);
    }
    while (finished < JOBS)
        loop_step(loop, 1000);
    assert_int_equal(worked, JOBS);
    assert_int_equal(posted, JOBS);
    assert_true(pool_stop(pool, -1));
    pool_free(pool);
    loop_free(loop);
}

static void on_left(struct pool_job *job)
{
    (void)job;
    finished++;
}

static void test_stop_leaves_out_what_did_not_begin(void **state)
{
    static struct task tasks[POOL_WORKERS + 3];

    (void)state;
    begin();
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        tasks[i] = (struct task){.job = {.work = work, .done = on_left}, .sleep_ms = 300};
        pool_run(pool, &tasks[i].job);
    }
    usleep(50000);
    int64_t began = clock_monotonic_ms();
    assert_false(pool_stop(pool, 50));
    assert_true(clock_monotonic_ms() - began < 250);
    assert_true(pool_stop(pool, -1));
    assert_int_equal(worked, POOL_WORKERS);
    assert_int_equal(finished, COUNT_OF(tasks));
    pool_free(pool);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_come_back),
        cmocka_unit_test(test_stop_leaves_out_what_did_not_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
