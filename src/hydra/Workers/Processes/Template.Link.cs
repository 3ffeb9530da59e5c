using System.Net.Sockets;
using Hydra.Protocol;
using Hydra.Workers.Links;

namespace Hydra.Workers.Processes;

/// <content>Its link, and what comes on it.</content>
internal sealed partial class Template
{
    string? ILinkOwner.Accept(Socket socket, LinkIdentity identity, ReadOnlySpan<byte> welcome)
    {
        if (identity.Kind is LinkKind.State)
        {
            return _state.Accept(socket, identity.ProcessId, welcome);
        }

        TemplateLink link;
        lock (_lock)
        {
            if (_link is not null || identity.Kind is not LinkKind.Control)
            {
                return "a template process has one control link";
            }

            // Under the lock, so that no frame can come before it. The socket is new: these few bytes are taken at once.
            socket.Send(welcome);
            socket.ReceiveTimeout = 0;
            _link = link = new TemplateLink(socket, this);
        }

        link.Start();
        return null;
    }

    void ITemplateSink.OnReady()
    {
        ProcessesLog.TemplateReady(_logger, _process?.Id ?? 0);
        _ready.TrySetResult();
    }

    void ITemplateSink.OnFailed(WorkerFailure failure) => _failure = failure;

    void ITemplateSink.OnLog(WireLogLevel level, DateTimeOffset created, string logger, string message)
        => _log.Write(LogIndex, _process?.Id ?? 0, level, created, logger, message);

    void ITemplateSink.OnForked(uint sequence, int pid, string message)
    {
        ForkedProcess? worker;
        lock (_lock)
        {
            if (!_forking.Remove(sequence, out worker))
            {
                return;
            }

            if (pid != 0)
            {
                worker.SetForked(pid);
                _workers[pid] = worker;
            }
        }

        if (pid == 0)
        {
            string hint = message.Contains("Resource temporarily unavailable", StringComparison.Ordinal) ? $" ({PythonFailure.NoProcess})" : "";
            worker.SetFailed(new WorkerStartException($"the worker could not be forked: {message}{hint}"));
        }
    }

    void ITemplateSink.OnExited(int pid, int code)
    {
        ForkedProcess? worker;
        lock (_lock)
        {
            _workers.Remove(pid, out worker);
        }

        worker?.SetExited(code);
    }

    void ITemplateSink.OnClosed()
    {
        _hasEnded = true;
        _state.End();
        _closed.TrySetResult();
    }
}
