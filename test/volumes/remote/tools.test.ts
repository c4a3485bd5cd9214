import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { execaRunner } from "../../../provider/platforms/execa.js";
import { packArgv } from "../../../provider/volumes/movers/stream.js";
import { allowedAt } from "../../../provider/volumes/remote/allowed-calls.js";
import { LinkLost } from "../../../provider/volumes/remote/frames.js";
import { Pace } from "../../../provider/volumes/remote/pace.js";
import { overLink } from "../../../provider/volumes/remote/retry.js";
import { connectTo, RemoteTools } from "../../../provider/volumes/remote/tool-client.js";
import { type OwnTool, serveTool } from "../../../provider/volumes/remote/tool-server.js";
import { findCall } from "../../../provider/volumes/scan.js";
import { RecordingReporter } from "../workbench.js";

let folder: string;
let server: Server;
let path: string;
const open = new Set<Socket>();

const own: Record<string, OwnTool> = {
    "own:echo": async (input, output) => {
        for await (const chunk of input) output.write(chunk as Buffer);
    },
    "own:forever": () => new Promise(() => {}),
    "own:fails": async () => {
        throw new Error("it does not work");
    },
};

beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "cutover-remote-"));
    path = join(folder, "sock");
    server = createServer({ allowHalfOpen: true }, (socket) => {
        open.add(socket);
        const allows = ([program]: readonly string[]) => program === "sh";
        serveTool(socket, { runner: execaRunner, own, allows, pace: new Pace() });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
});
afterEach(() => {
    for (const socket of open) socket.destroy();
    open.clear();
    server.close();
    rmSync(folder, { recursive: true });
});

const tools = (deflate = false) => new RemoteTools(connectTo(path), deflate);

test.each([false, true])("carries streams and exit code (deflate %s)", async (deflate) => {
    const script = "cat; echo words >&2; exit 7";
    const stdin = "x".repeat(3_000_000);
    const result = await tools(deflate).run({ argv: ["sh", "-c", script], stdin });
    expect(result).toEqual({ exitCode: 7, stdout: stdin, stderr: "words\n" });
});

test("runs nothing but what it is meant for", async () => {
    const refused = await tools().run({ argv: ["id"] });
    expect(refused).toEqual({
        exitCode: 127,
        stdout: "",
        stderr: 'this call of "id" is not made for another host\n',
    });
});

test.each([
    ["tar", "--create", "--use-compress-program=sh -c id", "-f", "-", "/source"],
    ["find", "/source", "-exec", "id", ";"],
    ["find", "-P", "/etc", "-xdev", "-printf", "%p"],
    ["rsync", "--daemon"],
    ["rsync", "--server", "--sender", "-l", "--log-file=/x", ".", "/source/"],
    ["rsync", "--server", "--sender", "-l", ".", "/etc/"],
    ["rsync", "--server", "-l", ".", "/source/"],
    ["sync", "-f", "/"],
])("the calls that read a source are taken word for word: %s", (...argv) => {
    expect(allowedAt("/source")(argv)).toBe(false);
});

test("and those are allowed", () => {
    const allows = allowedAt("/source");
    expect(allows(findCall("/source", true).argv)).toBe(true);
    expect(allows(packArgv("/source", true))).toBe(true);
    const flags = ["-lHogDtpAXre.iLsfxCIvu", "--numeric-ids", "--inplace", "--files-from=-"];
    expect(allows(["rsync", "--server", "--sender", ...flags, ".", "/source/"])).toBe(true);
});

test("a tool of our own, and one that fails", async () => {
    expect(await tools().run({ argv: ["own:echo"], stdin: "words" })).toMatchObject({
        exitCode: 0,
        stdout: "words",
    });
    expect(await tools().run({ argv: ["own:fails"] })).toEqual({
        exitCode: 1,
        stdout: "",
        stderr: "it does not work\n",
    });
});

test("a connection that is cut is no exit code", async () => {
    const child = tools().start({ argv: ["own:forever"] });
    await vi.waitFor(() => expect(open.size).toBe(1));
    for (const socket of open) socket.destroy();
    await expect(child.ended).rejects.toThrow(LinkLost);
    await expect(child.ended).rejects.toThrow("the connection to the other host broke");
});

test("the tool ends with its connection", async () => {
    const child = tools().start({ argv: ["sh", "-c", `echo $$; exec sleep 1000`] });
    const pid = await new Promise<number>((resolve) =>
        child.stdout.once("data", (text) => resolve(Number(text))),
    );
    for (const socket of open) socket.destroy();
    await expect(child.ended).rejects.toThrow(LinkLost);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"));
});

test("one that nobody serves is lost, and aborting is the caller's reason", async () => {
    const nowhere = new RemoteTools(connectTo(join(folder, "nowhere")));
    await expect(nowhere.run({ argv: ["find"] })).rejects.toThrow(
        "the connection to the other host broke (ENOENT)",
    );
});

test("a broken link is tried again, and in the end given up with what to do", async () => {
    const reporter = new RecordingReporter();
    const { signal } = new AbortController();
    const options = { reporter, signal, pauses: [1, 1] };
    let calls = 0;
    const second = async () => {
        if (++calls < 2) throw new LinkLost("it broke");
        return "done";
    };
    expect(await overLink(options, second)).toBe("done");
    expect(reporter.warnings).toEqual(["it broke: attempt 2 of 3 in 1 ms"]);
    const never = () => Promise.reject(new LinkLost("it broke"));
    await expect(overLink(options, never)).rejects.toThrow("it broke, 3 times in a row");
    const other = () => Promise.reject(new Error("the disk is full"));
    await expect(overLink(options, other)).rejects.toThrow("the disk is full");
});
