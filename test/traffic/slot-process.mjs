// A slot in a process of its own: answers fast, and names itself. Prints its port when it listens.
import { createServer } from "node:http";

const name = process.argv[2] ?? "slot";
const server = createServer((request, answer) => {
    request.resume();
    request.on("end", () => {
        answer.writeHead(200, { "x-slot": name, "content-length": name.length });
        answer.end(name);
    });
});
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`);
});
process.on("disconnect", () => process.exit());
