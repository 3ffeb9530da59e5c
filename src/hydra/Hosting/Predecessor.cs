using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Hosting;

/// <summary>The server that this one replaces, which waits to hear that this one is ready. Without one it does nothing.</summary>
internal sealed class Predecessor : IDisposable
{
    /// <summary>What it is told by a server that is ready; anything else is the reason why one is not.</summary>
    public const string ReadyText = "ready";

    private readonly FileStream? _report;

    /// <summary>Takes over the pipe that it listens to; without an inheritance there is none.</summary>
    public Predecessor(Inheritance? inheritance)
        => _report = inheritance is null ? null : new FileStream(new SafeFileHandle(inheritance.Report, ownsHandle: true), FileAccess.Write, bufferSize: 0);

    /// <summary>Whether this server replaces another.</summary>
    public bool Exists => _report is not null;

    /// <summary>This server serves, so that one may go.</summary>
    public void ReportReady() => Report(ReadyText);

    /// <summary>This server cannot serve, so that one goes on, and logs the reason.</summary>
    public void ReportFailure(string reason) => Report(reason);

    /// <inheritdoc/>
    public void Dispose() => _report?.Dispose();

    private void Report(string text)
    {
        if (_report is not { CanWrite: true })
        {
            return;
        }

        try
        {
            _report.Write(Encoding.UTF8.GetBytes(text));
            _report.Dispose();
        }
        catch (IOException)
        {
            // It was killed in the meantime; then there is nobody to tell.
        }
    }
}
