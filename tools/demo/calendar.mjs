// The CalDAV requests that the demo's clients send.
import { Agent, request } from "node:http";

/**
 * @typedef {{ status: number, server: string, body: string, milliseconds: number }} Answer
 */

const TIMEOUT_MS = 60_000;

/** One client: one keep-alive connection, one request at a time. */
export class CalendarConnection {
    #agent = new Agent({ keepAlive: true, maxSockets: 1 });
    #origin;

    /** @param {string} origin */
    constructor(origin) {
        this.#origin = origin;
    }

    /** @param {string} calendar */
    makeCalendar(calendar) {
        return this.send("MKCALENDAR", calendar);
    }

    /**
     * @param {string} path
     * @param {string} uid
     * @param {string} summary
     */
    put(path, uid, summary) {
        const headers = { "Content-Type": "text/calendar; charset=utf-8" };
        return this.send("PUT", path, event(uid, summary), headers);
    }

    /** @param {string} path */
    get(path) {
        return this.send("GET", path);
    }

    /** @param {string} calendar */
    describe(calendar) {
        const body = '<propfind xmlns="DAV:"><prop><getetag/><sync-token/></prop></propfind>';
        return this.send("PROPFIND", calendar, body, { Depth: "0" });
    }

    /**
     * @param {string} calendar
     * @param {string[]} paths
     */
    getSome(calendar, paths) {
        const hrefs = paths.map((path) => `<href>${path}</href>`).join("");
        return this.send("REPORT", calendar, report("calendar-multiget", hrefs), { Depth: "1" });
    }

    /** @param {string} calendar */
    getAll(calendar) {
        const filter = '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter>';
        return this.send("REPORT", calendar, report("calendar-query", filter), { Depth: "1" });
    }

    /**
     * @param {string} method
     * @param {string} path
     * @param {string} [body]
     * @param {Record<string, string>} [headers]
     * @returns {Promise<Answer>}
     */
    send(method, path, body = "", headers = {}) {
        const began = performance.now();
        const length = { "Content-Length": String(Buffer.byteLength(body)) };
        const options = { method, agent: this.#agent, auth: "demo:demo", timeout: TIMEOUT_MS };
        return new Promise((resolve, reject) => {
            const sent = request(`${this.#origin}${path}`, {
                ...options,
                headers: { ...headers, ...length },
            });
            sent.on("timeout", () => sent.destroy(new Error("no answer in 60 s")));
            sent.on("error", reject);
            sent.on("response", (response) => {
                let text = "";
                response.setEncoding("utf8");
                response.on("data", (chunk) => {
                    text += chunk;
                });
                response.on("error", reject);
                response.on("end", () =>
                    resolve({
                        status: response.statusCode ?? 0,
                        server: String(response.headers.server ?? ""),
                        body: text,
                        milliseconds: performance.now() - began,
                    }),
                );
            });
            sent.end(body);
        });
    }

    close() {
        this.#agent.destroy();
    }
}

/**
 * @param {string} uid
 * @param {string} summary
 */
function event(uid, summary) {
    const lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//pulumi-cutover//demo//EN",
        "BEGIN:VEVENT",
        `UID:${uid}`,
        "DTSTAMP:20260101T000000Z",
        "DTSTART:20260101T100000Z",
        "DTEND:20260101T110000Z",
        `SUMMARY:${summary}`,
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ];
    return lines.join("\r\n");
}

/**
 * @param {string} kind
 * @param {string} rest
 */
function report(kind, rest) {
    return `<C:${kind} xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><C:calendar-data/></prop>${rest}</C:${kind}>`;
}

/**
 * The events in an answer: what is behind SUMMARY, by what is behind UID.
 *
 * @param {string} body
 * @returns {Map<string, string>}
 */
export function eventsIn(body) {
    const found = new Map();
    for (const [text] of body.matchAll(/BEGIN:VEVENT[\s\S]*?END:VEVENT/g)) {
        const uid = /^UID:(.*?)\r?$/m.exec(text)?.[1];
        const summary = /^SUMMARY:(.*?)\r?$/m.exec(text)?.[1];
        if (uid !== undefined && summary !== undefined) found.set(uid, summary);
    }
    return found;
}
