import { describe, expect, it } from "vitest";
import { Freeze, withinFreeze } from "../../../provider/engine/handover/freeze.js";
import type { EnvironmentTools } from "../../../provider/engine/handover/tools.js";
import type { Step } from "../../../provider/engine/steps.js";
import { FakeClock } from "../fake-clock.js";

function frozen({ limit = 10_000, wayBack = 3_000 } = {}) {
    const clock = new FakeClock();
    const job = new AbortController();
    const startedAt = (step: string) => (step === "hold" ? clock.now() - 7_000 : undefined);
    const tools = { clock, signal: job.signal, startedAt } as unknown as EnvironmentTools;
    return { clock, job, freeze: new Freeze(tools, limit, wayBack) };
}

const tooLong = "it did not fit into 10 s (3 s of them kept for the way back)";
const never = (name: string): Step => ({ name, title: name, run: () => new Promise(() => {}) });

describe("a freeze", () => {
    it("turns back when the time left is what the way back needs", async () => {
        const { clock, freeze } = frozen();
        expect(freeze.begin()).toBe(clock.now() + 10_000);
        await clock.pass(6_999);
        expect(freeze.signal.aborted).toBe(false);
        await clock.pass(1);
        expect(freeze.signal.reason).toMatchObject({ problem: tooLong });
    });

    it("keeps half of its time at most for the way back", async () => {
        const { clock, freeze } = frozen({ wayBack: 60_000 });
        freeze.begin();
        await clock.pass(4_999);
        expect(freeze.signal.aborted).toBe(false);
        await clock.pass(1);
        expect(freeze.signal.aborted).toBe(true);
    });

    it("sees that its time is over where no alarm rang", () => {
        const { clock, freeze } = frozen();
        freeze.begin();
        freeze.check();
        clock.jump(60_000);
        expect(freeze.signal.aborted).toBe(false);
        expect(() => freeze.check()).toThrow(tooLong);
    });

    it("has no alarm any more when it is over, and says how long it was", async () => {
        const { clock, freeze } = frozen();
        freeze.begin();
        await clock.pass(2_500);
        expect(freeze.end()).toBe(2.5);
        await clock.pass(60_000);
        expect(freeze.signal.aborted).toBe(false);
    });

    it("is measured from the journal where another runner began it", () => {
        expect(frozen().freeze.end()).toBe(7);
    });

    it("ends a step under the hold, and does not begin one when it is too late", async () => {
        const { clock, freeze } = frozen();
        freeze.begin();
        const pass = withinFreeze(never("last-pass"), freeze).run(new AbortController().signal);
        pass.catch(() => {});
        await clock.pass(7_000);
        await expect(pass).rejects.toThrow(tooLong);
        let began = false;
        const run = async () => {
            began = true;
        };
        const stop: Step = { name: "stop", title: "", run };
        await expect(withinFreeze(stop, freeze).run(new AbortController().signal)).rejects.toThrow(
            tooLong,
        );
        expect(began).toBe(false);
    });

    it("ends with the job, when somebody asked to go back", () => {
        const { job, freeze } = frozen();
        freeze.begin();
        job.abort(new Error("asked"));
        expect(() => freeze.check()).toThrow("asked");
    });
});
