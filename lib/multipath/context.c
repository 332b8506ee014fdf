// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of contexts: what a bio on a path needs, the clone included.
 *
 * Each head has a mempool, so that I/O goes on when there is no memory. In front of it each CPU
 * keeps some freed contexts, of whatever head, because mempool and slab together would cost a
 * small read more than all else that the head does.
 *
 * Contexts:  any; nothing here sleeps but the functions that set up and take down.
 * Locking:   a CPU's list is used by that CPU alone with interrupts off.
 * Invariant: a context is kept by a CPU only while the reserve of its head is full.
 */
#include <linux/cleanup.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <kunit/visibility.h>
#include "internal.h"

/* What a CPU keeps at most: as much as a deep queue has in flight. KASAN is to see each free. */
#define MPATH_CPU_CONTEXTS	(IS_ENABLED(CONFIG_KASAN) ? 0 : 64)

/**
 * struct mpath_cpu_contexts - freed contexts of one CPU
 * @first: list by &mpath_context.next
 * @nr: length of it
 */
struct mpath_cpu_contexts {
	struct mpath_context *first;
	unsigned int nr;
};

static DEFINE_PER_CPU(struct mpath_cpu_contexts, mpath_cpu_contexts);
static struct kmem_cache *mpath_context_cache;

/**
 * mpath_contexts_setup() - set up what all heads share
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int __init mpath_contexts_setup(void)
{
	mpath_context_cache = KMEM_CACHE(mpath_context, 0);
	return mpath_context_cache ? 0 : -ENOMEM;
}

static void mpath_drop_contexts(struct mpath_cpu_contexts *cpu)
{
	struct mpath_context *ctx;

	while ((ctx = cpu->first)) {
		cpu->first = ctx->next;
		kmem_cache_free(mpath_context_cache, ctx);
	}
	cpu->nr = 0;
}

static void mpath_drop_own_contexts(void *unused)
{
	mpath_drop_contexts(this_cpu_ptr(&mpath_cpu_contexts));
}

/**
 * mpath_contexts_drop() - free what the CPUs keep
 *
 * For tests of what happens without memory.
 *
 * Context: Process context.
 */
void mpath_contexts_drop(void)
{
	on_each_cpu(mpath_drop_own_contexts, NULL, 1);
}
EXPORT_SYMBOL_IF_KUNIT(mpath_contexts_drop);

/**
 * mpath_contexts_takedown() - undo mpath_contexts_setup()
 *
 * Context: Process context, may sleep; no head is left.
 */
void mpath_contexts_takedown(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		mpath_drop_contexts(per_cpu_ptr(&mpath_cpu_contexts, cpu));
	kmem_cache_destroy(mpath_context_cache);
}

/**
 * mpath_contexts_init() - allocate the reserve of a head
 * @head: the head; mempool_exit() of its contexts undoes this
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int mpath_contexts_init(struct mpath_head *head)
{
	return mempool_init_slab_pool(&head->contexts, MPATH_MIN_CONTEXTS, mpath_context_cache);
}

/**
 * mpath_contexts_resize() - fit the reserve of a head to its number of paths
 * @head: the head
 * @paths: number of paths that are to have a context each
 *
 * A mempool that grows is filled up. So a path that joins while all memory is with clones that
 * blocked paths hold brings what is needed to use it.
 *
 * Context: Process context, may sleep but starts no I/O. The caller holds @head->lock.
 * Return: 0 or -ENOMEM.
 */
int mpath_contexts_resize(struct mpath_head *head, unsigned int paths)
{
	unsigned int noio = memalloc_noio_save();
	int ret = mempool_resize(&head->contexts, MPATH_MIN_CONTEXTS + paths);

	memalloc_noio_restore(noio);
	return ret;
}

/**
 * mpath_get_context() - get the memory of a context
 * @head: the head
 *
 * Context: Any.
 * Return: memory with no defined content, or NULL.
 */
struct mpath_context *mpath_get_context(struct mpath_head *head)
{
	struct mpath_cpu_contexts *cpu;
	struct mpath_context *ctx;
	unsigned long flags;

	local_irq_save(flags);
	cpu = this_cpu_ptr(&mpath_cpu_contexts);
	ctx = cpu->first;
	if (likely(ctx)) {
		cpu->first = ctx->next;
		cpu->nr--;
	}
	local_irq_restore(flags);
	return ctx ?: mempool_alloc(&head->contexts, GFP_NOWAIT);
}

/**
 * mpath_put_context() - give the memory of a context back
 * @head: the head for which it was used
 * @ctx: the context
 *
 * Context: Any.
 */
void mpath_put_context(struct mpath_head *head, struct mpath_context *ctx)
{
	struct mpath_cpu_contexts *cpu;
	unsigned long flags;

	/* Like mempool_free(): who took the last of the reserve gives it back there. */
	smp_rmb(); /* pairs with smp_wmb() in mempool_alloc() */
	if (likely(READ_ONCE(head->contexts.curr_nr) >= READ_ONCE(head->contexts.min_nr))) {
		local_irq_save(flags);
		cpu = this_cpu_ptr(&mpath_cpu_contexts);
		if (likely(cpu->nr < MPATH_CPU_CONTEXTS)) {
			ctx->next = cpu->first;
			cpu->first = ctx;
			cpu->nr++;
			ctx = NULL;
		}
		local_irq_restore(flags);
	}
	if (unlikely(ctx))
		mempool_free(ctx, &head->contexts);
}
