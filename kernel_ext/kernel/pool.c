#include "kernel/pool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct queue {
    struct pool_job *first, **end;
};

struct pool {
    struct loop *loop;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct queue waiting, finished;
    int fd; /* readable while something is finished */
    bool stopping;
    int alive; /* workers that have not left */
    int started;
    pthread_t threads[POOL_WORKERS];
};

static void queue_add(struct queue *queue, struct pool_job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
}

static struct pool_job *queue_take(struct queue *queue)
{
    struct pool_job *job = queue->first;

    if (!job)
        return NULL;
    queue->first = job->next;
    if (!queue->first)
        queue->end = &queue->first;
    return job;
}

static void wake(struct pool *pool)
{
    uint64_t one = 1;

    while (write(pool->fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

void pool_post(struct pool *pool, struct pool_job *job)
{
    pthread_mutex_lock(&pool->lock);
    queue_add(&pool->finished, job);
    pthread_mutex_unlock(&pool->lock);
    wake(pool);
}

static struct pool_job *wait_for_job(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->stopping && !pool->waiting.first)
        pthread_cond_wait(&pool->changed, &pool->lock);
    struct pool_job *job = pool->stopping ? NULL : queue_take(&pool->waiting);
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *worker(void *self)
{
    struct pool *pool = self;
    struct pool_job *job;

    while ((job = wait_for_job(pool))) {
        job->work(job);
        pool_post(pool, job);
    }
    pthread_mutex_lock(&pool->lock);
    pool->alive--;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void run_finished(struct pool *pool)
{
    for (;;) {
        pthread_mutex_lock(&pool->lock);
        struct pool_job *job = queue_take(&pool->finished);
        pthread_mutex_unlock(&pool->lock);
        if (!job)
            return;
        job->done(job);
    }
}

static void on_finished(void *self, int fd, short revents)
{
    uint64_t count;

    (void)revents;
    while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
    run_finished(self);
}

static int start(struct pool *pool, struct nbt_error *err)
{
    pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->fd < 0)
        return nbt_error_errno(err, "cannot make an event descriptor");
    if (loop_add_fd(pool->loop, pool->fd, POLLIN, on_finished, pool) < 0)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for workers");
    for (; pool->started < POOL_WORKERS; pool->started++) {
        int reason = pthread_create(&pool->threads[pool->started], NULL, worker, pool);
        if (reason != 0)
            return nbt_error_set(err, NBT_EIO, "cannot start a worker: error %d", reason);
        pthread_mutex_lock(&pool->lock);
        pool->alive++;
        pthread_mutex_unlock(&pool->lock);
    }
    return 0;
}

int pool_new(struct pool **ret, struct loop *loop, struct nbt_error *err)
{
    struct pool *pool = calloc(1, sizeof(*pool));
    pthread_condattr_t monotonic;

    if (!pool)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for workers");
    pool->loop = loop;
    pool->waiting.end = &pool->waiting.first;
    pool->finished.end = &pool->finished.first;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int result = start(pool, err);
    if (result < 0) {
        (void)pool_stop(pool, -1);
        pool_free(pool);
        return result;
    }
    *ret = pool;
    return 0;
}

void pool_run(struct pool *pool, struct pool_job *job)
{
    pthread_mutex_lock(&pool->lock);
    queue_add(&pool->waiting, job);
    pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

static struct timespec in(int timeout_ms)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += timeout_ms / 1000;
    time.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

bool pool_stop(struct pool *pool, int timeout_ms)
{
    struct timespec deadline = in(timeout_ms < 0 ? 0 : timeout_ms);
    int reason = 0;

    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->changed);
    while (pool->alive > 0 && reason == 0)
        reason = timeout_ms < 0 ? pthread_cond_wait(&pool->changed, &pool->lock)
                                : pthread_cond_timedwait(&pool->changed, &pool->lock, &deadline);
    bool all = pool->alive == 0;
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; all && i < pool->started; i++)
        pthread_join(pool->threads[i], NULL);
    if (!all)
        return false;
    pool->started = 0;
    /* Owners may ask for more while they clean up. */
    do {
        for (struct pool_job *job; (job = queue_take(&pool->waiting));)
            queue_add(&pool->finished, job);
        run_finished(pool);
    } while (pool->waiting.first);
    return true;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    if (pool->fd >= 0) {
        loop_remove_fd(pool->loop, pool->fd);
        close(pool->fd);
    }
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
