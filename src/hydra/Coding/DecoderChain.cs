using Hydra.Primitives;

namespace Hydra.Coding;

/// <summary>Decodes a body that several codings were applied to, one after the other (RFC 9110, section 8.4). One user at a time.</summary>
internal sealed class DecoderChain : IDisposable
{
    private const int StageSize = 16 * 1024;

    private readonly Stage[] _stages;

    /// <summary>Makes the decoders.</summary>
    /// <param name="codings">The codings in the order in which they were applied; at least one, and none of them identity.</param>
    public DecoderChain(IReadOnlyList<ContentCoding> codings)
        => _stages = [.. codings.Reverse().Select(static (coding, i) => new Stage(BodyDecoder.Create(coding), i == 0 ? [] : BufferPool.Rent(StageSize)))];

    /// <summary>Bytes that it holds from its beginning.</summary>
    public int Cost => _stages.Length * BodyDecoder.Cost;

    /// <summary>The most bytes that it comes to hold beside that: see <see cref="BodyDecoder.Window"/>.</summary>
    public int Window => _stages.Sum(static stage => stage.Decoder.Window);

    /// <summary>Whether what came so far is a whole body. One without a byte is, before or behind a coding: there is nothing to decode.</summary>
    public bool IsDone => Array.TrueForAll(_stages, static stage => !stage.HasBegun || (stage.Decoder.IsDone && stage.IsEmpty));

    /// <summary>Decodes. What is not taken is for the next call; nothing comes out where all was taken and more has to come.</summary>
    /// <param name="source">More of the body, or nothing to have what waits come out.</param>
    /// <param name="target">Where it comes out; not empty.</param>
    /// <param name="written">Bytes that came out.</param>
    /// <returns>Bytes that were taken.</returns>
    /// <exception cref="InvalidDataException">It is not coded so, or goes on behind its end.</exception>
    public int Decode(ReadOnlySpan<byte> source, Span<byte> target, out int written)
    {
        int before = source.Length;
        written = Pull(_stages.Length - 1, ref source, target);
        return before - source.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Stage stage in _stages)
        {
            stage.Decoder.Dispose();
            if (stage.Buffer.Length > 0)
            {
                BufferPool.Return(stage.Buffer);
            }
        }
    }

    // What comes out of a stage: the first one's input is the source, of others what comes out of the one before.
    private int Pull(int index, ref ReadOnlySpan<byte> source, Span<byte> target)
    {
        Stage stage = _stages[index];
        while (true)
        {
            ReadOnlySpan<byte> input = index == 0 ? source : stage.Buffer.AsSpan(stage.Start, stage.End - stage.Start);
            stage.HasBegun |= !input.IsEmpty;
            int taken = stage.Decoder.Decode(input, target, out int written);
            if (index == 0)
            {
                source = source[taken..];
            }
            else
            {
                stage.Start += taken;
            }

            if (written > 0)
            {
                return written;
            }

            if (taken < input.Length)
            {
                // Between two parts of a body something of it may be taken and nothing come out.
                if (taken == 0)
                {
                    throw new InvalidDataException("It goes on behind its end.");
                }

                continue;
            }

            if (index == 0)
            {
                return 0;
            }

            (stage.Start, stage.End) = (0, Pull(index - 1, ref source, stage.Buffer.AsSpan(0, StageSize)));
            if (stage.End == 0)
            {
                return 0;
            }
        }
    }

    private sealed class Stage(BodyDecoder decoder, byte[] buffer)
    {
        public BodyDecoder Decoder => decoder;

        public byte[] Buffer => buffer;

        public int Start { get; set; }

        public int End { get; set; }

        public bool HasBegun { get; set; }

        public bool IsEmpty => Start == End;
    }
}
