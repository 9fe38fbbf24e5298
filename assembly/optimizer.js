"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.optimizer_tiles = optimizer_tiles;
exports.sgd = sgd;
exports.adam = adam;
function optimizer_tiles(i) { return 1; }
function sgd(i, tile, lane) { }
function adam(i, tile, lane) { }
