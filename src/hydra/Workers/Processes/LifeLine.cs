using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hydra.Workers.Processes;

/// <summary>
/// A pipe into which nothing is ever written. Only this process has the end that could, and a forked worker has the other, of which it has asked
/// Linux to be killed (<c>F_SETSIG</c>, fcntl(2)) when that of the front is closed: by <see cref="Cut"/>, or by the front's own end, whatever that was.
/// It needs neither the worker's parent nor its number, which the system may give to another once a stranger has reaped it. Any thread;
/// <c>_pipe</c> guards itself.
/// </summary>
/// <remarks>
/// PR_SET_PDEATHSIG, by which workers that the front itself starts die with it, means the parent, and the parent of these is the template. A
/// subreaper would get them when that dies, but also whatever else an application leaves behind, and would have to tell it from what .NET waits for;
/// and between the two deaths a worker whose C code holds the interpreter's lock would be nobody's.
/// </remarks>
[UnsupportedOSPlatform("windows")]
internal sealed partial class LifeLine : IDisposable
{
    // struct pollfd's POLLERR: no process has the reading end any more.
    private const short PollError = 8;

    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.Out, HandleInheritability.None);
    private volatile bool _isCut;

    /// <summary>The worker's end.</summary>
    public int WorkersEnd => (int)_pipe.ClientSafePipeHandle.DangerousGetHandle();

    /// <summary>Whether the worker was killed by <see cref="Cut"/>.</summary>
    public bool IsCut => _isCut;

    /// <summary>Whether the worker has ended, or is about to in this moment. Linux only.</summary>
    public bool IsOver
    {
        get
        {
            if (_isCut)
            {
                return true;
            }

            try
            {
                bool isHeld = false;
                try
                {
                    _pipe.SafePipeHandle.DangerousAddRef(ref isHeld);
                    var entry = new PollEntry { Descriptor = (int)_pipe.SafePipeHandle.DangerousGetHandle() };
                    return Poll(ref entry, 1, 0) == 1 && (entry.Found & PollError) != 0;
                }
                finally
                {
                    if (isHeld)
                    {
                        _pipe.SafePipeHandle.DangerousRelease();
                    }
                }
            }
            catch (ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>The worker's end was sent to the template.</summary>
    public void CloseWorkersEnd() => _pipe.DisposeLocalCopyOfClientHandle();

    /// <summary>Ends the worker at once, whatever it does. Nothing happens where it has ended. Elsewhere than on Linux it is not enough.</summary>
    public void Cut()
    {
        _isCut = true;
        _pipe.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _pipe.Dispose();

    // nfds_t is an unsigned long on Linux.
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entries, nuint count, int milliseconds);

    private struct PollEntry
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }
}
