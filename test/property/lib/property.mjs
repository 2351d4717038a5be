// property.mjs - how properties are run here: fast-check, its seed in the message of a failure.
//
//   FC_SEED=12345 ./dev test property    the same input again
//   FC_RUNS=20 ./dev test property       twenty times as much of it
import fc from 'fast-check';

const seed = process.env.FC_SEED === undefined ? undefined : Number(process.env.FC_SEED);
const factor = Number(process.env.FC_RUNS ?? 1);

// Runs check(...values) on input from the arbitraries. A failure says the seed and the smallest input found.
export async function holds(numRuns, arbitraries, check, options = {}) {
    await fc.assert(fc.asyncProperty(...arbitraries, check), {
        numRuns: Math.max(1, Math.round(numRuns * factor)),
        interruptAfterTimeLimit: factor > 1 ? undefined : 60_000,
        markInterruptAsFailure: false,
        ...(seed === undefined ? {} : { seed }),
        ...options,
    });
}

// Runs work(item) for all, a few at a time, and gives the results in order.
export async function each(items, work, atOnce = 16) {
    const results = new Array(items.length);
    let next = 0;
    await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, async () => {
        while (next < items.length) {
            const mine = next++;
            results[mine] = await work(items[mine], mine);
        }
    }));
    return results;
}
