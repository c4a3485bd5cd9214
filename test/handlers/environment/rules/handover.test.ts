import { expect, test } from "vitest";
import { said } from "../shop.js";

test("a drain as long as the hold", () => {
    const drain = { timeout: "20 seconds" };
    expect(said({ handover: { maxHold: "20 seconds", drain } })).toEqual([
        "handover.drain.timeout: is not shorter than handover.maxHold; write a shorter time, or a longer handover.maxHold",
    ]);
    expect(said({ handover: { maxHold: "20 seconds", drain: { timeout: "1 minute" } } })).toEqual([
        "handover.drain.timeout: is not shorter than handover.maxHold; write a shorter time, or a longer handover.maxHold",
    ]);
});

test("a drain as long as the hold by default", () => {
    expect(said({ "handover.drain.timeout": "30 seconds" })).toEqual([
        "handover.drain.timeout: is not shorter than handover.maxHold, which is 30 seconds by default; write a shorter time, or a longer handover.maxHold",
    ]);
});

test("a hold as short as the drain by default", () => {
    expect(said({ "handover.maxHold": "5000 milliseconds" })).toEqual([
        "handover.maxHold: is not longer than handover.drain.timeout, which is 5 seconds by default; write a longer time, or write a shorter handover.drain.timeout as well",
    ]);
});

test("a drain that fits, in other units", () => {
    expect(said({ handover: { maxHold: "1 minute", drain: { timeout: "59 seconds" } } })).toEqual(
        [],
    );
});

test("says nothing of both when one is wrong by itself", () => {
    expect(said({ handover: { maxHold: "20", drain: { timeout: "40 seconds" } } })).toEqual([
        'handover.maxHold: must be a length of time with its unit; write a duration such as "30 seconds"',
    ]);
});
