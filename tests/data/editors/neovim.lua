-- Attaches, waits for diagnostics, hovers, applies a code action and saves; writes what it saw.
-- For Neovim 0.7 as for newer ones: what it uses is in all of them up to 0.11.
local file = vim.env.PORTLINT_FILE
local seen = {}

local function without_diagnostics()
  return #vim.diagnostic.get(0) == 0
end

vim.cmd("edit " .. vim.fn.fnameescape(file))
local id = vim.lsp.start_client({
  name = "portlint",
  cmd = vim.split(vim.env.PORTLINT_COMMAND, "\t"),
  root_dir = vim.fn.fnamemodify(file, ":h"),
  init_options = { chip = "trn1" },
})
vim.lsp.buf_attach_client(0, id)
vim.wait(60000, function() return not without_diagnostics() end, 50)
seen.diagnostics = vim.diagnostic.get(0)

local found = seen.diagnostics[1] or { lnum = 0, col = 0 }
local line = vim.api.nvim_buf_get_lines(0, found.lnum, found.lnum + 1, false)[1]
local _, units = vim.str_utfindex(line, found.col)
local at = { line = found.lnum, character = units }
local document = vim.lsp.util.make_text_document_params(0)
local function asked(method, params)
  params.textDocument = document
  local answers = vim.lsp.buf_request_sync(0, method, params, 60000) or {}
  return (answers[id] or {}).result
end

seen.hover = (asked("textDocument/hover", { position = at }) or { contents = {} }).contents.value
seen.titles = {}
local range = { start = at, ["end"] = at }
for _, action in ipairs(
  asked("textDocument/codeAction", { range = range, context = { diagnostics = {} } }) or {}
) do
  table.insert(seen.titles, action.title)
  if action.title:find("on this line", 1, true) then
    vim.lsp.util.apply_workspace_edit(action.edit, vim.lsp.get_client_by_id(id).offset_encoding)
  end
end
seen.silent = vim.wait(60000, without_diagnostics, 50)
vim.cmd("silent write")

local out = assert(io.open(vim.env.PORTLINT_ANSWER, "w"))
out:write(vim.fn.json_encode(seen))
out:close()
vim.lsp.stop_client(id)
vim.wait(5000, function() return vim.lsp.client_is_stopped(id) end, 50)
vim.cmd("qall!")
