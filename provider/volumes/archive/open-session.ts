import { availableParallelism } from "node:os";
import { ContentReader, ContentRecords } from "../content.js";
import type { Matcher } from "../matcher.js";
import type { Session } from "../session.js";
import { localSide } from "../side-access.js";

/** For looking at folders of this machine by the means that movers have. */
export function openSession(
    tools: Pick<Session, "runner" | "reporter" | "signal">,
    roots: Session["roots"],
    matcher: Matcher,
): Session {
    const reader = new ContentReader(tools.runner);
    return {
        ...tools,
        sides: {
            source: localSide(tools.runner, roots.source, reader),
            destination: localSide(tools.runner, roots.destination, reader),
        },
        roots,
        matcher,
        parallel: availableParallelism(),
        records: { source: new ContentRecords(), destination: new ContentRecords() },
    };
}

export function closeSession(session: Session): Promise<void> {
    return session.sides.destination.reader.close();
}
