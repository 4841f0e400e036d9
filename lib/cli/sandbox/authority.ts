import { join } from "node:path";
import { Failure } from "#bootstrap/failures";
import { openAuthority, type ProjectAuthority } from "../../sandbox/pki/project-authority.js";

/**
 * The project's certificate authority, made once.
 *
 * @throws Failure when its files cannot be written
 */
export function authorityOf(home: string): ProjectAuthority {
  const folder = join(home, "tls");
  try {
    return openAuthority({
      folder,
      onReplaced: (wrong) =>
        console.log(
          `The certificate authority in ${folder} was ${wrong} and is a new one now: ` +
            "programs that use HTTPS load it when they start again.",
        ),
    });
  } catch (error) {
    throw new Failure(
      `There is no HTTPS without its keys in ${folder}.`,
      (error as Error).message,
      { cause: error },
    );
  }
}
