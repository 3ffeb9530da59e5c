using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Hydra.Coding;
using Hydra.Http;
using Hydra.Primitives;

namespace Hydra.Edge;

/// <summary>A body that is encoded while it comes: whatever is there leaves when there is no more at once. One user at a time.</summary>
/// <param name="encoder">Encodes it.</param>
/// <param name="body">As it comes from the worker.</param>
/// <param name="client">To the client; the head is sent with the first flush.</param>
internal sealed class CompressedStream(BodyEncoder encoder, GatedBody body, PipeWriter client)
{
    // Bytes that are encoded before the client is asked to take them.
    private const int PieceSize = 64 * 1024;

    // Bytes. More than this takes longer than a change of threads, and is not for an event loop.
    private const int LargestOnLoop = 4 * 1024;

    // The client has not got the head, or not all that was encoded.
    private bool _isOwed = true;
    private bool _isEncoded;
    private bool _isOnLoop;
    private long _taken;

    /// <summary>Copies all of it.</summary>
    /// <returns>How many bytes went in.</returns>
    /// <exception cref="ResponseFailedException">It breaks off: what was there has left.</exception>
    public async ValueTask<long> CopyAsync()
    {
        try
        {
            await EncodeAsync().ConfigureAwait(false);
        }
        catch (ResponseFailedException) when (_isEncoded)
        {
            encoder.Flush(client);
            await SendAsync().ConfigureAwait(false);
            throw;
        }

        encoder.Finish(client);
        await SendAsync().ConfigureAwait(false);
        return _taken;
    }

    private async ValueTask EncodeAsync()
    {
        while (true)
        {
            // Asked before the bytes are: all that stands before a file has come when it has.
            bool hasFile = body.HasFile;
            if (!body.Reader.TryRead(out ReadResult read))
            {
                if (hasFile)
                {
                    await CopyFileAsync().ConfigureAwait(false);
                    continue;
                }

                read = await WaitAsync().ConfigureAwait(false);
            }

            ReadOnlySequence<byte> piece = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, PieceSize));
            long size = piece.Length;
            bool isLast = read.IsCompleted && size == read.Buffer.Length;
            if (_isOnLoop && size > LargestOnLoop)
            {
                await LeaveLoopAsync();
            }

            foreach (ReadOnlyMemory<byte> segment in piece)
            {
                encoder.Write(segment.Span, client);
            }

            _isEncoded |= size > 0;
            _taken += size;
            body.Reader.AdvanceTo(piece.End);
            if (isLast && !body.HasFile)
            {
                return;
            }

            if (isLast)
            {
                await CopyFileAsync().ConfigureAwait(false);
            }
            else if (size == PieceSize)
            {
                await SendAsync().ConfigureAwait(false);
            }

            body.OnTaken(size);
        }
    }

    // Nothing more is there: the client gets all that came.
    private async ValueTask<ReadResult> WaitAsync()
    {
        if (_isEncoded)
        {
            encoder.Flush(client);
        }

        if (_isEncoded || _isOwed)
        {
            _isEncoded = false;
            await SendAsync().ConfigureAwait(false);
        }

        ValueTask<ReadResult> reading = body.Reader.ReadAsync();
        _isOnLoop |= !reading.IsCompleted;
        return await reading.ConfigureAwait(false);
    }

    private async ValueTask CopyFileAsync()
    {
        using FileSender file = body.OpenFile();
        byte[] buffer = BufferPool.Rent(PieceSize);
        try
        {
            int read;
            while ((read = await file.ReadNextAsync(buffer.AsMemory(0, PieceSize)).ConfigureAwait(false)) > 0)
            {
                if (_isOnLoop)
                {
                    await LeaveLoopAsync();
                }

                encoder.Write(buffer.AsSpan(0, read), client);
                _isEncoded = true;
                _taken += read;
                await SendAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            BufferPool.Return(buffer);
        }
    }

    private async ValueTask SendAsync()
    {
        _isOwed = false;
        ValueTask<FlushResult> flushing = client.FlushAsync();
        _isOnLoop |= !flushing.IsCompleted;
        await flushing.ConfigureAwait(false);
    }

    private ConfiguredTaskAwaitable LeaveLoopAsync()
    {
        _isOnLoop = false;
        return Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
    }
}
