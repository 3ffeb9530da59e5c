using System.Runtime.InteropServices;
using Hydra.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Diagnostics;

/// <summary>
/// A file that a log is appended to, and that is opened again when somebody has moved it away (<see cref="Reopen"/>): a stream for an
/// <see cref="OutputPump"/>. New files have mode 0640, less what the umask takes. Several processes may append to the same file. A disk that is full is
/// said once, and again when it is not. Any thread may call; <c>_gate</c> guards the handle.
/// </summary>
internal sealed class LogFile : Stream
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    // O_WRONLY | O_CREAT | O_APPEND of Linux.
    private const int Appending = 0x1 | 0x40 | 0x400;

    // O_NONBLOCK and ENXIO of Linux.
    private const int NonBlocking = 0x800;
    private const int NobodyReads = 6;

    private readonly Lock _gate = new();
    private FileStream _file;
    private bool _isTorn;
    private bool _hasFailed;

    /// <summary>Opens the file, or makes it.</summary>
    /// <param name="path">Its path, absolute: the process may go to another directory.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be.</exception>
    public LogFile(string path)
    {
        Path = path;
        _file = Open(path);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Told when the file takes nothing, with the reason, and with null when it takes lines again. On the writing thread.</summary>
    public Action<string?>? Trouble { get; set; }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Opens the path again: a new file where the old one was moved. The old one goes on being used where that fails.</summary>
    /// <returns>Null, or why it cannot be opened.</returns>
    public string? Reopen()
    {
        try
        {
            FileStream next = Open(Path);
            lock (_gate)
            {
                (_file, next) = (next, _file);
                _isTorn = false;
            }

            next.Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        string? trouble = null;
        lock (_gate)
        {
            long before = LengthOf(_file);
            try
            {
                if (_isTorn)
                {
                    // What a full disk has cut off is a line of its own.
                    _file.Write("\n"u8);
                    _isTorn = false;
                }

                _file.Write(buffer);
                if (!_hasFailed)
                {
                    return;
                }

                _hasFailed = false;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _isTorn |= LengthOf(_file) != before;
                bool isFirst = !_hasFailed;
                _hasFailed = true;
                trouble = e.Message;
                if (!isFirst)
                {
                    throw;
                }
            }
        }

        Trouble?.Invoke(trouble);
        if (trouble is not null)
        {
            throw new IOException(trouble);
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing is kept: each write is a call of the system.
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lock (_gate)
            {
                _file.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private static long LengthOf(FileStream file) => file.CanSeek ? RandomAccess.GetLength(file.SafeFileHandle) : 0;

    // .NET appends by looking for the end once: two servers, as during an upgrade, would write over each other, and so would a log that was truncated.
    private static FileStream Open(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = Mode;
            }

            return new FileStream(path, options);
        }

        // A FIFO would be waited for until somebody reads it (fifo(7)); its lines wait for him all the same.
        int descriptor = LibC.OpenWithMode(path, Appending | NonBlocking | LibC.CloseOnExec, (uint)Mode);
        if (descriptor < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw new IOException(error == NobodyReads ? "it is a FIFO that nobody reads, or a socket" : Marshal.GetPInvokeErrorMessage(error));
        }

        _ = LibC.SetBlocking(descriptor);
        return new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Write, bufferSize: 0);
    }
}
