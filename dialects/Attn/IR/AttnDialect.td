//===- AttnDialect.td - The attn dialect and its op base ------*- tablegen -*-===//
#ifndef DIALECTS_ATTN_IR_ATTNDIALECT_TD
#define DIALECTS_ATTN_IR_ATTNDIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Attn_Dialect : Dialect {
  let name = "attn";
  let cppNamespace = "::lacuna::attn";
  let summary = "What to attend to: tensors, a visibility predicate and score modifiers";
  let description = [{
    A *spec* is a `func.func` whose body holds `attn.attend` ops. The predicate
    in the `where` region of an `attend` is the only statement of which keys a
    query sees; block masks, loop bounds and tile classes are derived from it.
    Builtin tensors, `func`, `arith`, `math` and `scf` are used wherever they
    already say it.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let hasConstantMaterializer = 1;
  let useDefaultAttributePrinterParser = 1;
}

class Attn_Op<string mnemonic, list<Trait> traits = []>
    : Op<Attn_Dialect, mnemonic, traits>;

#endif // DIALECTS_ATTN_IR_ATTNDIALECT_TD
