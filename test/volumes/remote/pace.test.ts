import { expect, test } from "vitest";
import { Pace } from "../../../provider/volumes/remote/pace.js";

test("all who send share the limit", async () => {
    const pace = new Pace(1_000_000);
    const began = performance.now();
    const sender = async () => {
        for (let piece = 0; piece < 10; piece++) await pace.take(20_000);
    };
    await Promise.all([sender(), sender()]);
    // 400,000 bytes, of which a tenth of a second may go at once.
    expect(performance.now() - began).toBeGreaterThan(290);
});

test("what was not used is not saved up", async () => {
    const pace = new Pace(1_000_000);
    await pace.take(1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const began = performance.now();
    await pace.take(300_000);
    expect(performance.now() - began).toBeGreaterThan(190);
});

test("without a limit nothing waits", async () => {
    const pace = new Pace();
    const began = performance.now();
    for (let piece = 0; piece < 1_000; piece++) await pace.take(1 << 30);
    expect(performance.now() - began).toBeLessThan(1_000);
});
