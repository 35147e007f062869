;; Connects eglot, waits for diagnostics and applies a code action; writes what it saw as JSON.
(require 'package)
(package-initialize)
(require 'eglot)
(require 'flymake)
(require 'json)
(require 'python)

(defvar portlint-file (getenv "PORTLINT_FILE"))
(add-to-list 'eglot-server-programs
             (cons 'python-mode (split-string (getenv "PORTLINT_COMMAND") "\t")))

(defun portlint-wait (done)
  "Let the server speak until DONE says that it is, or for a minute."
  (let ((left 600))
    (while (and (> left 0) (not (funcall done)))
      (flymake-start)
      (accept-process-output nil 0.1)
      (setq left (1- left)))
    (> left 0)))

(with-current-buffer (find-file-noselect portlint-file)
  (setq-local project-find-functions
              (list (lambda (_) (cons 'transient (file-name-directory portlint-file)))))
  (python-mode)
  (apply #'eglot (eglot--guess-contact))
  (flymake-mode 1)
  (portlint-wait #'flymake-diagnostics)
  (let* ((found (flymake-diagnostics))
         (texts (mapcar #'flymake-diagnostic-text found))
         (at (flymake-diagnostic-beg (car found)))
         (actions (append (eglot-code-actions at at nil nil) nil))
         silent)
    (dolist (action actions)
      (when (string-match-p "on this line" (plist-get action :title))
        (eglot--apply-workspace-edit (plist-get action :edit))))
    (eglot--signal-textDocument/didChange) ; what a timer does while somebody types
    (setq silent (portlint-wait (lambda () (null (flymake-diagnostics)))))
    (save-buffer)
    (with-temp-file (getenv "PORTLINT_ANSWER")
      (insert (json-encode
               (list (cons 'diagnostics (vconcat texts))
                     (cons 'titles (vconcat (mapcar (lambda (a) (plist-get a :title)) actions)))
                     (cons 'silent (if silent t :json-false)))))))
  (eglot-shutdown (eglot-current-server)))
