/** The image's home is the job's user's only where that user may write. */
import { expect, test } from "vitest";
import { archivedText, archiveHead, mayWrite, namedHome } from "../../../../runner/engine/image-home.ts";
import { writeTar } from "../../../support/tar.ts";

const user = { uid: 11_042, gid: 11_043 };
const passwd = "root:x:0:0:root:/root:/bin/sh\nucloud:x:11042:11042::/home/ucloud:/bin/bash\n";

test.each([
  [{}, passwd, "/home/ucloud"],
  [{ HOME: "/opt/app/" }, passwd, "/opt/app/"],
  [{ HOME: "/opt/../data" }, "", "/data"],
  [{}, "root:x:0:0:root:/root:/bin/sh\n", null],
  [{ HOME: "relative" }, passwd, null],
  [{ HOME: "" }, passwd, "/home/ucloud"],
])("an image with %j and the accounts %j names the home %j", (environment, accounts, named) => {
  expect(namedHome(environment, accounts, user)).toBe(named);
});

const folder = { isFolder: true, mode: 0o755, uid: 0, gid: 0 };

test.each([
  ["root's folder", folder, false],
  ["the user's own", { ...folder, uid: user.uid }, true],
  ["the user's own, but closed", { ...folder, uid: user.uid, mode: 0o577 }, false],
  ["the group's", { ...folder, gid: user.gid, mode: 0o775 }, true],
  ["everybody's", { ...folder, mode: 0o1777 }, true],
  ["a file of the user's", { ...folder, uid: user.uid, isFolder: false }, false],
])("%s can be written: %#", (_, found, writable) => {
  expect(mayWrite(user, found)).toBe(writable);
});

test("an archive tells what it holds, and what is none tells nothing", () => {
  const archive = writeTar([{ kind: "file", path: "passwd", content: Buffer.from(passwd), mode: 0o640 }]);
  expect(archiveHead(archive)).toEqual({ isFolder: false, mode: 0o640, uid: 0, gid: 0 });
  expect(archivedText(archive)).toBe(passwd);
  expect(archiveHead(writeTar([{ kind: "folder", path: "home/", mode: 0o711 }]))).toMatchObject({ isFolder: true });
  expect(archiveHead(Buffer.from('{"cause":"no such file"}'))).toBeNull();
  expect(archivedText(Buffer.alloc(0))).toBe("");
});
