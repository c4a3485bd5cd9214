import { describe, expect, it } from "vitest";
import { waitHealthy } from "../../../provider/engine/handover/health.js";
import type { EnvironmentTools } from "../../../provider/engine/handover/tools.js";
import { silentReporter } from "../../../provider/engine/progress.js";
import { quickClock } from "../fake-clock.js";

type Answer = number | string;

/** A slot that answers these, one after the other, the last for ever. */
function slot(answers: Answer[], crash?: { problem: string; lastLines: string[] }) {
    let asked = 0;
    let looks = 0;
    const tools = {
        job: { health: { path: "/healthz", healthyAfter: 3, timeout: 5_000 } },
        clock: quickClock(),
        reporter: silentReporter,
        router: { observe: async () => void looks++ },
        platform: {
            crashed: async () => crash,
            async probe() {
                const answer = answers[Math.min(asked++, answers.length - 1)] ?? 0;
                return typeof answer === "number" ? { status: answer } : { problem: answer };
            },
        },
    } as unknown as EnvironmentTools;
    return { tools, asked: () => asked, looks: () => looks };
}

describe("a slot is healthy", () => {
    it("after so many answers from 200 to 399 in a row", async () => {
        const one = slot([200, 503, 200, 302, 399]);
        await waitHealthy("green", one.tools);
        expect(one.asked()).toBe(5);
    });

    it("never by an answer that did not come: the last one is told", async () => {
        await expect(waitHealthy("green", slot(["no answer from port 1"]).tools)).rejects.toThrow(
            "slot green was not healthy within 5 s: no answer from port 1, asked for /healthz",
        );
        await expect(waitHealthy("green", slot([200, 200, 500]).tools)).rejects.toThrow(
            "slot green was not healthy within 5 s: the last answer was status 500, asked for /healthz",
        );
    });

    it("never when its container ended: nothing is waited for", async () => {
        const one = slot([200], { problem: "container web ended", lastLines: ["boom"] });
        await expect(waitHealthy("green", one.tools)).rejects.toMatchObject({
            problem: "container web ended",
            details: { lastLines: ["boom"] },
        });
        expect(one.asked()).toBe(0);
    });

    it("as asked from the router's place, which is looked at when nothing answers", async () => {
        const one = slot(["no answer", 200, 200, 200]);
        await waitHealthy("green", one.tools);
        expect(one.looks()).toBe(1);
    });

    it("only as long as nobody asked to go back", async () => {
        const signal = AbortSignal.abort(new Error("asked"));
        await expect(waitHealthy("green", slot([200]).tools, signal)).rejects.toThrow("asked");
    });
});
