"use strict";
var __createBinding = (this && this.__createBinding) || (Object.create ? (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    var desc = Object.getOwnPropertyDescriptor(m, k);
    if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) {
      desc = { enumerable: true, get: function() { return m[k]; } };
    }
    Object.defineProperty(o, k2, desc);
}) : (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    o[k2] = m[k];
}));
var __exportStar = (this && this.__exportStar) || function(m, exports) {
    for (var p in m) if (p !== "default" && !Object.prototype.hasOwnProperty.call(exports, p)) __createBinding(exports, m, p);
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.tiles = exports.steps = exports.run = exports.execute = exports.dispatch = void 0;
// The exports of both binaries: the interpreter, and every kernel by its name.
var interpreter_1 = require("./interpreter");
Object.defineProperty(exports, "dispatch", { enumerable: true, get: function () { return interpreter_1.dispatch; } });
Object.defineProperty(exports, "execute", { enumerable: true, get: function () { return interpreter_1.execute; } });
Object.defineProperty(exports, "run", { enumerable: true, get: function () { return interpreter_1.run; } });
Object.defineProperty(exports, "steps", { enumerable: true, get: function () { return interpreter_1.steps; } });
Object.defineProperty(exports, "tiles", { enumerable: true, get: function () { return interpreter_1.tiles; } });
__exportStar(require("./movement"), exports);
__exportStar(require("./gather"), exports);
__exportStar(require("./binary"), exports);
__exportStar(require("./unary"), exports);
__exportStar(require("./activation"), exports);
__exportStar(require("./reduce"), exports);
__exportStar(require("./softmax"), exports);
__exportStar(require("./loss"), exports);
__exportStar(require("./gemm/gemm"), exports);
__exportStar(require("./random"), exports);
__exportStar(require("./optimizer"), exports);
