using System.IO.Pipelines;
using Hydra.Dispatch;
using Hydra.Primitives;
using Hydra.Transport;
using Microsoft.Win32.SafeHandles;

namespace Hydra.Http;

/// <summary>Gives a client the bytes of a file that is open, as fast as it takes them. One user at a time.</summary>
internal sealed class FileSender : IDisposable
{
    // As much as is in memory of it at a time: a read costs a change of threads, and what a client has not taken waits in the connection.
    private const int PieceSize = 128 * 1024;

    private readonly string _name;
    private readonly SafeFileHandle _handle;
    private readonly long _offset;
    private readonly bool _isOwner;

    // Of ReadNextAsync.
    private long _position;

    private FileSender(string name, SafeFileHandle handle, long offset, long size, bool isOwner)
    {
        _name = name;
        _handle = handle;
        _offset = offset;
        Size = size;
        _isOwner = isOwner;
    }

    /// <summary>How many bytes the client is to get.</summary>
    public long Size { get; private set; }

    /// <summary>How many bytes its connection has been given; fewer than <see cref="Size"/> where the client leaves.</summary>
    public long Sent { get; private set; }

    /// <summary>Opens the file.</summary>
    /// <exception cref="ResponseFailedException">It is not there, or cannot be read.</exception>
    public static FileSender Open(FileRange range)
    {
        SafeFileHandle handle = range.Open();
        try
        {
            long length = RandomAccess.GetLength(handle);
            long rest = range.Offset > (ulong)length ? 0 : length - (long)range.Offset;
            return new FileSender(range.Name, handle, (long)range.Offset, range.Length < (ulong)rest ? (long)range.Length : rest, isOwner: true);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Sends a part of a file that somebody else has opened, and closes.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="name">What to call it where something is wrong with it.</param>
    /// <param name="offset">Where the part begins, in bytes.</param>
    /// <param name="size">How many bytes it has.</param>
    public static FileSender Of(SafeFileHandle handle, string name, long offset, long size) => new(name, handle, offset, size, isOwner: false);

    /// <summary>Sends no more than this: the file has grown since its length was said.</summary>
    public void Limit(long size) => Size = Math.Min(Size, size);

    /// <summary>Writes all of it.</summary>
    /// <param name="context">The request; its response has begun.</param>
    /// <exception cref="ResponseFailedException">The file has become shorter, or the client has left.</exception>
    public Task CopyToAsync(RequestContext context)

        // Without a length Kestrel writes chunks, and their framing into the memory that stands for the file's bytes.
        => context.Connection.Output is IFileOutput output && context.Http.Response.ContentLength is not null
        ? SendAsync(context.Http.Response.BodyWriter, output) : CopyToAsync(context.OpenBody());

    // The kernel takes the bytes from where it has them. Kestrel counts them, and sees none.
    private async Task SendAsync(PipeWriter writer, IFileOutput output)
    {
        while (Sent < Size)
        {
            // What is not in memory yet is waited for here as far as it can be, and the next piece is on its way meanwhile.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            int piece = (int)Math.Min(Block.FilePieceSize, Size - Sent);
            LibC.WillRead(_handle, _offset + Sent, Math.Min(2L * Block.FilePieceSize, Size - Sent));
            output.BeginFile(_handle, _offset + Sent);
            try
            {
                _ = writer.GetMemory(piece);
                writer.Advance(piece);
            }
            finally
            {
                output.EndFile();
            }

            Sent += piece;
            FlushResult flushed = await writer.FlushAsync().ConfigureAwait(false);
            if (flushed.IsCompleted && RandomAccess.GetLength(_handle) < _offset + Size)
            {
                throw Shortened();
            }

            if (flushed.IsCompleted && Sent < Size)
            {
                throw new ResponseFailedException("the client has left", Failure.ClientGone);
            }
        }
    }

    /// <summary>Writes all of it, by reading and writing.</summary>
    /// <exception cref="ResponseFailedException">The file has become shorter, or the client has left.</exception>
    public async Task CopyToAsync(PipeWriter writer)
    {
        while (Sent < Size)
        {
            int most = (int)Math.Min(PieceSize, Size - Sent);
            int read = await ReadAsync(writer.GetMemory(most)[..most], _offset + Sent).ConfigureAwait(false);
            writer.Advance(read);
            Sent += read;
            FlushResult flushed = await writer.FlushAsync().ConfigureAwait(false);
            if (flushed.IsCompleted && Sent < Size)
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

        int read = await ReadAsync(memory[..most], _offset + _position).ConfigureAwait(false);
        _position += read;
        return read;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOwner)
        {
            _handle.Dispose();
        }
    }

    private ResponseFailedException Shortened() => new($"the file {_name} has become shorter while it was sent", Failure.BadResponse);

    private async ValueTask<int> ReadAsync(Memory<byte> memory, long offset)
    {
        try
        {
            int read = await RandomAccess.ReadAsync(_handle, memory, offset).ConfigureAwait(false);
            return read > 0 ? read : throw Shortened();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ResponseFailedException($"the file {_name} cannot be read: {e.Message}", Failure.BadResponse);
        }
    }
}
