import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../free-port.js";
import type { TestStack } from "../stack.js";
import { buildImage, curl, exampleStack, leftBehind } from "./example-stack.js";

let stack: TestStack;
let url: string;
beforeAll(async () => {
    await buildImage("docker-blue-green/calendar", "calendar:3.1.8", { DEBIAN: "bookworm" });
    await buildImage("docker-blue-green/calendar", "calendar:3.5.3", { DEBIAN: "trixie" });
    const listen = `127.0.0.1:${await freePort()}`;
    url = `http://demo:demo@${listen}`;
    stack = await exampleStack("docker-blue-green", { listen });
});
afterAll(() => stack?.cleanUp());

const event = (uid: string) =>
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VEVENT\r\nUID:${uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260101T000000Z\r\nSUMMARY:${uid}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n`;
const put = (uid: string) =>
    curl("--request", "PUT", "--data-binary", event(uid), `${url}/demo/calendar/${uid}.ics`);
const get = (uid: string) => curl(`${url}/demo/calendar/${uid}.ics`);

it("hands a calendar over to Debian 13's Radicale and back", async () => {
    const preview = await stack.preview();
    expect(preview.output).toContain("blue begins to serve");
    await stack.must("up", "--yes");
    await curl("--request", "MKCALENDAR", `${url}/demo/calendar/`);
    await put("first");
    expect((await stack.up("--expect-no-changes")).exitCode).toBe(0);
    expect((await stack.refresh("--expect-no-changes")).exitCode).toBe(0);

    await stack.config({ green: 100 });
    const handover = await stack.preview();
    expect(handover.output).toContain("release: blue hands over to green");
    expect(handover.output).toContain("~ green: 0 => 100");
    await stack.must("up", "--yes");
    expect(await stack.outputs()).toMatchObject({ active: "green" });
    expect(await get("first")).toContain("SUMMARY:first");
    await put("second");
    expect((await stack.up("--expect-no-changes")).exitCode).toBe(0);
    expect((await stack.refresh("--expect-no-changes")).exitCode).toBe(0);

    await stack.config({ green: 0 });
    expect((await stack.preview()).output).toContain("rollback: green hands over to blue");
    await stack.must("up", "--yes");
    expect(await stack.outputs()).toMatchObject({ active: "blue" });
    expect(await get("first")).toContain("SUMMARY:first");
    expect(await get("second")).toContain("SUMMARY:second");

    expect((await stack.destroy()).exitCode).toBe(0);
    const prefix = stack.prefix("calendar");
    expect(await leftBehind(stack)).toEqual({
        running: [],
        data: [`${prefix}-calendars-blue`, `${prefix}-calendars-green`, `${prefix}-journal`],
    });
});
