import type * as Ts from "@tslab/typescript-for-tslab";
import type { Compiler } from "./compiler.js";

/** Documented values with more members than this are contexts, not options: a `Fleet`, a client. */
const MOST_FIELDS = 15;

/** What Shift+Tab shows on a name: its signature, its words, and the fields of a function's options. */
export function hoverText(ts: Compiler, program: Ts.Program, info: Ts.QuickInfo, at: Ts.Node) {
  const checker = program.getTypeChecker();
  const [signature] = checker.getTypeAtLocation(at).getCallSignatures();
  const described = (info.tags ?? []).flatMap(({ name, text }) =>
    name === "param" ? [`@param ${plain(text)}`] : text ? [`@${name} ${plain(text)}`] : [],
  );
  return paragraphs([
    plain(info.displayParts),
    plain(info.documentation),
    described.join("\n"),
    ...(signature ? fieldsOf(ts, checker, signature, at) : []),
  ]);
}

/**
 * What Shift+Tab shows behind `name(` or anywhere among the arguments: the signature, what the
 * argument under the cursor means, and the fields of the options.
 *
 * @returns nothing outside of a call's parentheses
 */
export function callText(
  ts: Compiler,
  program: Ts.Program,
  file: Ts.SourceFile,
  position: number,
): string | undefined {
  const patience = { isCancellationRequested: () => false, throwIfCancellationRequested() {} };
  const help = ts.SignatureHelp.getSignatureHelpItems(program, file, position, undefined, patience);
  const item = help?.items[help.selectedItemIndex];
  if (!help || !item) return undefined;
  const parameters = item.parameters.map((parameter) => plain(parameter.displayParts));
  const signature =
    plain(item.prefixDisplayParts) +
    parameters.join(plain(item.separatorDisplayParts)) +
    plain(item.suffixDisplayParts);
  const current = item.parameters[help.argumentIndex];
  const checker = program.getTypeChecker();
  const call = callAround(ts, file, position);
  const resolved = call && checker.getResolvedSignature(call);
  return paragraphs([
    signature,
    plain(item.documentation),
    current && plain(current.documentation) && `${current.name}: ${plain(current.documentation)}`,
    ...(call && resolved ? fieldsOf(ts, checker, resolved, call) : []),
  ]);
}

function callAround(
  ts: Compiler,
  file: Ts.SourceFile,
  position: number,
): Ts.CallExpression | Ts.NewExpression | undefined {
  let node = ts.findPrecedingToken(position, file);
  // tslab hangs the file itself below the declarations of earlier cells.
  while (node && node !== file) {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      if (position > node.expression.end) return node;
    }
    node = node.parent;
  }
  return undefined;
}

/** For each parameter that takes an object: its fields, a line each. */
function fieldsOf(
  ts: Compiler,
  checker: Ts.TypeChecker,
  signature: Ts.Signature,
  at: Ts.Node,
): string[] {
  return signature.parameters.flatMap((parameter) => {
    const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(parameter, at));
    const fields = isOptions(ts, type) ? checker.getPropertiesOfType(type) : [];
    if (fields.length === 0 || fields.length > MOST_FIELDS) return [];
    const lines = fields.map((field) => {
      const mark = field.flags & ts.SymbolFlags.Optional ? "?" : "";
      const fieldType = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(field, at));
      const words = plain(field.getDocumentationComment(checker)).replace(/\s+/g, " ");
      const about = words && `  // ${words}`;
      return `  ${field.name}${mark}: ${checker.typeToString(fieldType, at)}${about}`;
    });
    return [`${parameter.name}:\n${lines.join("\n")}`];
  });
}

function isOptions(ts: Compiler, type: Ts.Type): boolean {
  const isPlain = (type.flags & ts.TypeFlags.Object) !== 0 && type.getCallSignatures().length === 0;
  // A list's or a date's members are everybody's.
  return (
    isPlain && !type.getNumberIndexType() && !/^(Date|Promise|Map|Set)$/.test(type.symbol?.name)
  );
}

/** Text without the marks of a link: of `{@link name}` the name is left. */
function plain(parts: readonly Ts.SymbolDisplayPart[] | undefined): string {
  return (parts ?? [])
    .filter(({ kind }) => kind !== "link")
    .map(({ text }) => text)
    .join("");
}

function paragraphs(parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join("\n\n");
}
