using System.IO.Pipes;
using System.Runtime.Versioning;

namespace Hydra.Workers.Processes;

/// <summary>
/// A worker that a <see cref="Template"/> forks. It is the template's child, which reports its end. On Linux it outlives the template: from then on
/// its <see cref="LifeLine"/> says when it has ended, and ends it.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ForkedProcess : IWorkerProcess, IDisposable
{
    // As of a process that the front started itself.
    private static readonly TimeSpan OutputTime = TimeSpan.FromSeconds(1);

    // How often an orphan is looked at.
    private static readonly TimeSpan OrphanLook = TimeSpan.FromMilliseconds(20);

    private const int StandardOutput = 1;
    private const int StandardError = 2;

    private readonly Template _template;
    private readonly AnonymousPipeServerStream _input = new(PipeDirection.Out, HandleInheritability.None);

    // Null where they are the server's own.
    private readonly AnonymousPipeServerStream? _output;
    private readonly AnonymousPipeServerStream? _error;
    private readonly LifeLine _life = new();
    private readonly TaskCompletionSource _orphaned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _forked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes the pipes for a worker that is about to be forked.</summary>
    public ForkedProcess(Template template)
    {
        _template = template;
        if (!template.Command.SharesOutput)
        {
            _output = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
            _error = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        }
    }

    /// <inheritdoc/>
    public int Id { get; private set; }

    /// <summary>
    /// Whether there is a process: false when the template has ended instead, a <see cref="WorkerStartException"/> when the system has refused it.
    /// </summary>
    public Task<bool> Forked => _forked.Task;

    /// <inheritdoc/>
    public Task Orphaned => _orphaned.Task;

    /// <summary>The worker's standard input, output and error: its ends of the pipes, or the server's own. Then its end of the life line.</summary>
    public int[] Descriptors =>
    [
        ClientEnd(_input), _output is null ? StandardOutput : ClientEnd(_output), _error is null ? StandardError : ClientEnd(_error), _life.WorkersEnd,
    ];

    /// <inheritdoc/>
    public long Resident => ProcessUsage.Of(Id)?.Resident ?? 0;

    /// <summary>The worker's ends were sent to the template.</summary>
    public void CloseWorkersEnds()
    {
        _input.DisposeLocalCopyOfClientHandle();
        _output?.DisposeLocalCopyOfClientHandle();
        _error?.DisposeLocalCopyOfClientHandle();
        _life.CloseWorkersEnd();
    }

    /// <summary>The template has forked it.</summary>
    public void SetForked(int pid)
    {
        Id = pid;
        _forked.TrySetResult(true);
    }

    /// <summary>The template has ended, and it was not forked as far as anybody knows.</summary>
    public void SetGone() => _forked.TrySetResult(false);

    /// <summary>It was not forked.</summary>
    public void SetFailed(WorkerStartException error) => _forked.TrySetException(error);

    /// <summary>It has ended.</summary>
    public void SetExited(int code) => _exited.TrySetResult(code);

    /// <summary>The template has ended, and reports nothing any more. Linux only.</summary>
    public void SetOrphaned()
    {
        _orphaned.TrySetResult();
        _ = WatchAsync();
    }

    /// <inheritdoc/>
    public void Boot(BootDocument document)
    {
        try
        {
            using (_input)
            {
                _input.Write(BootDocumentJson.ToLine(document));
            }
        }
        catch (IOException)
        {
            // It has ended already; its exit is reported by WaitAsync.
        }
    }

    /// <inheritdoc/>
    public async Task<int> WaitAsync(Action<string, bool> line)
    {
        Task output = _output is null ? Task.CompletedTask : OutputLines.ReadAsync(_output, text => line(text, false));
        Task error = _error is null ? Task.CompletedTask : OutputLines.ReadAsync(_error, text => line(text, true));
        int code = await _exited.Task.ConfigureAwait(false);
        await Task.WhenAny(Task.WhenAll(output, error), Task.Delay(OutputTime)).ConfigureAwait(false);
        Dispose();
        return code;
    }

    /// <inheritdoc/>
    public void Kill()
    {
        // Also where the template hangs; and where the line does not work, the template does it.
        _life.Cut();
        _template.Kill(this, _exited.Task);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _input.Dispose();
        _output?.Dispose();
        _error?.Dispose();
        _life.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_life.IsOver)
        {
            await Task.Delay(OrphanLook).ConfigureAwait(false);
        }

        // Its code went to whoever has adopted it: the system's first process. Where that is the front itself, in a container, .NET waits for all that
        // comes to it, and tells nobody.
        SetExited(_life.IsCut ? ExitDescription.Killed : ExitDescription.Unknown);
    }

    private static int ClientEnd(AnonymousPipeServerStream pipe) => (int)pipe.ClientSafePipeHandle.DangerousGetHandle();
}
