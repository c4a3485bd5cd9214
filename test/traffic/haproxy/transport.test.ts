import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Command, CommandRunner } from "../../../provider/platforms/commands.js";
import {
    commandTransport,
    RouterDown,
    socketTransport,
} from "../../../provider/traffic/haproxy/transport.js";

describe("socketTransport", () => {
    let folder: string;
    let path: string;
    let server: Server | undefined;
    const sockets: Socket[] = [];
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "cutover-socket-"));
        path = join(folder, "socket");
    });
    afterEach(async () => {
        for (const socket of sockets.splice(0)) socket.destroy();
        await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
        server = undefined;
        rmSync(folder, { recursive: true });
    });
    const serve = async (answer: (socket: Socket) => void) => {
        server = createServer({ allowHalfOpen: true }, (socket) => {
            sockets.push(socket);
            answer(socket);
        });
        await new Promise<void>((resolve) => server?.listen(path, resolve));
    };

    test("one line there, all lines back", async () => {
        await serve((socket) => {
            socket.on("data", (line) => {
                socket.write(`you said ${line}`);
                setTimeout(() => socket.end("\n"), 20);
            });
        });
        expect(await socketTransport(path)("show info")).toBe("you said show info\n\n");
    });

    test("no socket: the router is down", async () => {
        const answer = socketTransport(path)("show info");
        await expect(answer).rejects.toBeInstanceOf(RouterDown);
        await expect(answer).rejects.toThrow(
            "the router does not run: nothing answers at its socket\ncommand: show info",
        );
    });

    test("an end in the middle of an answer is no answer", async () => {
        await serve((socket) => socket.end("# half a li"));
        await expect(socketTransport(path)("show stat")).rejects.toBeInstanceOf(RouterDown);
    });

    test("silence is no answer", async () => {
        await serve((socket) => socket.resume());
        await expect(socketTransport(path, 50)("show stat")).rejects.toThrow(
            "the router did not answer within 50 ms\ncommand: show stat",
        );
    });
});

describe("commandTransport", () => {
    const argv = ["docker", "exec", "-i", "router", "socat", "-", "UNIX-CONNECT:/s"] as const;
    const commands = (result: { exitCode: number; stdout: string; stderr: string }) => {
        const seen: Command[] = [];
        const runner: CommandRunner = {
            run: async (command) => {
                seen.push(command);
                return result;
            },
            start: () => {
                throw new Error("not used");
            },
        };
        return { seen, runner };
    };

    test("the line goes in by stdin, never as argv", async () => {
        const { seen, runner } = commands({ exitCode: 0, stdout: "answer\n\n", stderr: "" });
        expect(await commandTransport(runner, argv)("show stat")).toBe("answer\n\n");
        expect(seen).toEqual([{ argv, stdin: "show stat\n", timeout: 10_000 }]);
    });

    test("a failure carries the command, its exit code and its last lines", async () => {
        const stderr = "socat: connect(): Connection refused\n";
        const { runner } = commands({ exitCode: 1, stdout: "", stderr });
        await expect(commandTransport(runner, argv)("show stat")).rejects.toThrow(
            "the router's socket cannot be reached\n" +
                "command: docker exec -i router socat - UNIX-CONNECT:/s (exit code 1)\n" +
                "  | socat: connect(): Connection refused",
        );
    });
});
