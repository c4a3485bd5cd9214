import { describe, expect, test } from "vitest";
import { runLivePasses } from "../../../provider/engine/handover/live-passes.js";
import type { Mover, PassReport } from "../../../provider/volumes/mover.js";

const MiB = 1024 ** 2;
const limits = { max: 5, settleBytes: 16 * MiB };

/** A mover whose passes are these, in order; the last one again and again. */
function moverOf(passes: [bytes: number, files: number, seconds: number][], watched = false) {
    const calls: string[] = [];
    let at = 0;
    const mover = {
        async livePass(): Promise<PassReport> {
            calls.push("pass");
            const [bytes, files, seconds] = passes[Math.min(at, passes.length - 1)] ?? [0, 0, 0];
            return { number: ++at, last: false, mover: "rsync", files, bytes, deletes: 0, seconds };
        },
        async verifySettled() {
            calls.push("verify");
            return { entries: 0, bytes: 0, seconds: 0, watched };
        },
    };
    return { mover: mover as unknown as Mover, calls };
}

async function run(
    passes: [bytes: number, files: number, seconds: number][],
    max = 5,
): Promise<[number, string | undefined]> {
    const told: PassReport[] = [];
    const { mover } = moverOf(passes);
    const found = await runLivePasses(
        mover,
        { ...limits, max },
        { verify: true, onPass: (pass) => told.push(pass) },
    );
    expect(told).toEqual(found.passes);
    return [found.passes.length, found.unsettled];
}

describe("live passes end", () => {
    test("when what a pass copied is small, in bytes and in entries", async () => {
        expect(
            await run([
                [1024 * MiB, 50_000, 60],
                [16 * MiB, 10_000, 2],
            ]),
        ).toEqual([2, undefined]);
    });

    test("not while there are many entries, however few bytes they have", async () => {
        expect(
            await run([
                [1024 * MiB, 50_000, 60],
                [1024, 20_000, 5],
                [1024, 5_000, 2],
            ]),
        ).toEqual([3, undefined]);
    });

    test("when they stop shrinking, and say how fast the source writes and a pass copies", async () => {
        expect(
            await run([
                [4096 * MiB, 50_000, 100],
                [480 * MiB, 900, 12],
                [480 * MiB, 900, 40],
            ]),
        ).toEqual([
            3,
            "live pass 3 still copied 480 MiB in 900 entries: the source writes 40 MiB/s, a pass copies 12 MiB/s; it will not settle",
        ]);
    });

    test("when entries stop shrinking, though bytes fit", async () => {
        expect(
            await run([
                [MiB, 50_000, 10],
                [MiB, 49_000, 10],
            ]),
        ).toEqual([
            2,
            "live pass 2 still copied 1 MiB in 49000 entries: the source writes 102.4 KiB/s, a pass copies 102.4 KiB/s; it will not settle",
        ]);
    });

    test("at passes.max, and say that more of them would have shrunk it", async () => {
        expect(
            await run(
                [
                    [1024 * MiB, 900, 100],
                    [100 * MiB, 900, 10],
                ],
                2,
            ),
        ).toEqual([
            2,
            "live pass 2 still copied 100 MiB in 900 entries: the source writes 1 MiB/s, a pass copies 10 MiB/s; passes.max allows no other pass",
        ]);
        expect(await run([[1024 * MiB, 900, 100]], 1)).toEqual([
            1,
            "live pass 1 still copied 1 GiB in 900 entries: passes.max allows no other pass",
        ]);
    });
});

test("what changed while all was compared is copied and compared once more, where a watch tells it", async () => {
    const under = moverOf([[0, 0, 1]], true);
    await runLivePasses(under.mover, limits, { verify: true, onPass: () => {} });
    expect(under.calls).toEqual(["pass", "verify", "pass", "verify"]);
    const without = moverOf([[0, 0, 1]]);
    await runLivePasses(without.mover, limits, { verify: true, onPass: () => {} });
    expect(without.calls).toEqual(["pass", "verify"]);
    const unverified = moverOf([[0, 0, 1]]);
    await runLivePasses(unverified.mover, limits, { verify: false, onPass: () => {} });
    expect(unverified.calls).toEqual(["pass"]);
});
