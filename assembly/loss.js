"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.loss_tiles = loss_tiles;
exports.cross_entropy = cross_entropy;
exports.cross_entropy_grad = cross_entropy_grad;
exports.squared_error = squared_error;
exports.squared_error_grad = squared_error_grad;
function loss_tiles(i) { return 1; }
function cross_entropy(i, tile, lane) { }
function cross_entropy_grad(i, tile, lane) { }
function squared_error(i, tile, lane) { }
function squared_error_grad(i, tile, lane) { }
