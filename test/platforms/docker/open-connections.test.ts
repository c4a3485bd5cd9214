import { expect, test } from "vitest";
import { establishedIn } from "../../../provider/platforms/docker/open-connections.js";

test("open connections are told from sockets that listen or are closing", () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:0FA0 0100007F:8B1C 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
   2: 0100007F:8B1C 0100007F:0FA0 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0
  sl  local_address                         remote_address                        st
   0: 00000000000000000000000001000000:0FA0 00000000000000000000000001000000:8B1C 01 00000000:00000000 00:00000000
`;
    expect(establishedIn(table)).toBe(2);
    expect(establishedIn("")).toBe(0);
});
