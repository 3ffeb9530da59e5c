using System.IO.Pipelines;
using Hydra.Dispatch;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Http;

/// <summary>Gives a client the bytes of a file that is open, as fast as it takes them. One user at a time.</summary>
internal sealed class FileSender : IDisposable
{
    // As much as is in memory of it at a time: a read costs a change of threads, and what a client has not taken waits in the connection.
    private const int PieceSize = 128 * 1024;

    private readonly FileRange _range;
    private readonly SafeFileHandle _handle;

    // Of ReadNextAsync.
    private long _position;

    private FileSender(FileRange range, SafeFileHandle handle, long size)
    {
        _range = range;
        _handle = handle;
        Size = size;
    }

    /// <summary>How many bytes the client is to get.</summary>
    public long Size { get; private set; }

    /// <summary>Opens the file.</summary>
    /// <exception cref="ResponseFailedException">It is not there, or cannot be read.</exception>
    public static FileSender Open(FileRange range)
    {
        SafeFileHandle handle = range.Open();
        try
        {
            long length = RandomAccess.GetLength(handle);
            long rest = range.Offset > (ulong)length ? 0 : length - (long)range.Offset;
            return new FileSender(range, handle, range.Length < (ulong)rest ? (long)range.Length : rest);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Sends no more than this: the file has grown since its length was said.</summary>
    public void Limit(long size) => Size = Math.Min(Size, size);

    /// <summary>Writes all of it.</summary>
    /// <exception cref="ResponseFailedException">The file has become shorter, or the client has left.</exception>
    public async Task CopyToAsync(PipeWriter writer)
    {
        for (long sent = 0; sent < Size;)
        {
            int most = (int)Math.Min(PieceSize, Size - sent);
            int read = await ReadAsync(writer.GetMemory(most)[..most], (long)_range.Offset + sent).ConfigureAwait(false);
            writer.Advance(read);
            sent += read;
            FlushResult flushed = await writer.FlushAsync().ConfigureAwait(false);
            if (flushed.IsCompleted && sent < Size)
            {
                throw new ResponseFailedException("the client has left", Failure.ClientGone);
            }
        }
    }

    /// <summary>Reads the next bytes, for who does something else with them than to send them.</summary>
    /// <returns>How many; 0 at the end.</returns>
    /// <exception cref="ResponseFailedException">The file has become shorter.</exception>
    public async ValueTask<int> ReadNextAsync(Memory<byte> memory)
    {
        int most = (int)Math.Min(memory.Length, Size - _position);
        if (most == 0)
        {
            return 0;
        }

        int read = await ReadAsync(memory[..most], (long)_range.Offset + _position).ConfigureAwait(false);
        _position += read;
        return read;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private async ValueTask<int> ReadAsync(Memory<byte> memory, long offset)
    {
        try
        {
            int read = await RandomAccess.ReadAsync(_handle, memory, offset).ConfigureAwait(false);
            return read > 0 ? read
                : throw new ResponseFailedException($"the file {_range.Name} has become shorter while it was sent", Failure.BadResponse);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ResponseFailedException($"the file {_range.Name} cannot be read: {e.Message}", Failure.BadResponse);
        }
    }
}
