import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

/** Runs Python programs one after the other in one process: starting one for each takes longer than most of them run. */
export class PythonServer {
    private readonly child: ChildProcess;
    private readonly lines: Interface;
    private readonly waiting: ((line: string) => void)[] = [];

    constructor() {
        this.child = spawn("python3", ["-c", loop], { stdio: ["pipe", "pipe", "inherit"] });
        this.lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
        this.lines.on("line", (line) => this.waiting.shift()?.(line));
    }

    /** What the program printed, a character a byte. @throws with its traceback when it failed */
    async run(program: string, ...args: string[]): Promise<string> {
        const answer = new Promise<string>((resolve) => this.waiting.push(resolve));
        this.child.stdin?.write(`${JSON.stringify({ program, args })}\n`);
        const { output, error } = JSON.parse(await answer) as { output: string; error?: string };
        if (error) throw new Error(error);
        return Buffer.from(output, "base64").toString("latin1");
    }

    close(): void {
        this.child.stdin?.end();
        this.lines.close();
    }
}

const loop = `
import base64, contextlib, io, json, sys, traceback
for line in sys.stdin:
    request = json.loads(line)
    sys.argv = ["-c"] + request["args"]
    printed = io.StringIO()
    answer = {}
    try:
        with contextlib.redirect_stdout(printed):
            exec(request["program"], {"__name__": "__main__"})
    except BaseException:
        answer["error"] = traceback.format_exc()
    answer["output"] = base64.b64encode(printed.getvalue().encode("latin1", "backslashreplace")).decode()
    print(json.dumps(answer), flush=True)
`;
