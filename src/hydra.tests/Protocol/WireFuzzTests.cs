using Hydra.Http;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Protocol;

/// <summary>Whatever a link receives, reading it neither throws nor reaches beyond what was received.</summary>
public sealed class WireFuzzTests
{
    private const int Frames = 1_000_000;
    private const int Seed = 20_250_101;

    [Fact]
    public void Reading_MutatedFrames_NeverThrows()
    {
        var random = new Random(Seed);
        byte[][] seeds = Seeds(random);
        byte[] buffer = new byte[2 * seeds.Max(frame => frame.Length)];
        int read = 0;
        for (int i = 0; i < Frames; i++)
        {
            byte[] seed = seeds[random.Next(seeds.Length)];
            seed.CopyTo(buffer, 0);
            Span<byte> mutated = Mutate(random, buffer, seed.Length);
            ReadOnlySpan<byte> rest = mutated;
            while (FrameReader.TryReadFrame(ref rest, out _, out ReadOnlySpan<byte> payload) == FrameReadStatus.Ok)
            {
                read += ReadAll(payload);
            }

            // Most mutations of the header stop the frame reader, so the payload is read behind its back as well.
            if (mutated.Length > ProtocolLimits.HeaderSize)
            {
                read += ReadAll(mutated[ProtocolLimits.HeaderSize..]);
            }
        }

        Assert.InRange(read, Frames / 10, int.MaxValue);
    }

    private static byte[][] Seeds(Random random) =>
        [.. WireCatalogue.All.SelectMany(item => Enumerable.Range(0, 8).Select(n => item.Frame(item.Values(random, longest: n * 3))))];

    private static Span<byte> Mutate(Random random, byte[] buffer, int length)
    {
        for (int changes = random.Next(4); changes > 0; changes--)
        {
            // Boundary values more often than chance would bring them; the first bytes, where the lengths are, as well.
            int at = random.Next(random.Next(2) == 0 ? Math.Min(length, 40) : length);
            buffer[at] = random.Next(4) switch
            {
                0 => 0,
                1 => 0xff,
                2 => (byte)(buffer[at] + random.Next(-2, 3)),
                _ => (byte)random.Next(256),
            };
        }

        return buffer.AsSpan(0, random.Next(8) == 0 ? random.Next(buffer.Length) : length);
    }

    /// <summary>How many of the messages accept the payload, each with all of its bytes.</summary>
    private static int ReadAll(ReadOnlySpan<byte> payload)
    {
        int n = payload.Length;
        int read = 0;
        read += HelloMessage.TryRead(payload, out HelloMessage hello) ? Same(n, hello.PayloadSize) : 0;
        read += WelcomeMessage.TryRead(payload, out WelcomeMessage welcome) ? Same(n, welcome.PayloadSize) : 0;
        read += ReadyMessage.TryRead(payload, out ReadyMessage ready) ? Same(n, ready.PayloadSize) : 0;
        read += FailedMessage.TryRead(payload, out FailedMessage failed) ? Same(n, failed.PayloadSize) : 0;
        read += DrainMessage.TryRead(payload, out DrainMessage drain) ? Same(n, drain.PayloadSize) : 0;
        read += PingMessage.TryRead(payload, out PingMessage ping) ? Same(n, ping.PayloadSize) : 0;
        read += PongMessage.TryRead(payload, out PongMessage pong) ? Same(n, pong.PayloadSize) : 0;
        read += LogMessage.TryRead(payload, out LogMessage log) ? Same(n, log.PayloadSize) : 0;
        read += GoodbyeMessage.TryRead(payload, out GoodbyeMessage goodbye) ? Same(n, goodbye.PayloadSize) : 0;
        read += InterruptMessage.TryRead(payload, out InterruptMessage interrupt) ? Same(n, interrupt.PayloadSize) : 0;
        read += PartMessage.TryRead(payload, out PartMessage part) ? Same(n, part.PayloadSize) : 0;
        read += WindowMessage.TryRead(payload, out WindowMessage window) ? Same(n, window.PayloadSize) : 0;
        read += CancelMessage.TryRead(payload, out CancelMessage cancel) ? Same(n, cancel.PayloadSize) : 0;
        read += FinishedMessage.TryRead(payload, out FinishedMessage finished) ? Same(n, finished.PayloadSize) : 0;
        read += AcceptMessage.TryRead(payload, out AcceptMessage accept) ? Same(n, accept.PayloadSize) : 0;
        read += CloseMessage.TryRead(payload, out CloseMessage close) ? Same(n, close.PayloadSize) : 0;
        read += FileMessage.TryRead(payload, out FileMessage file) ? Same(n, file.PayloadSize) : 0;
        read += OpenedMessage.TryRead(payload, out OpenedMessage opened) ? Same(n, opened.PayloadSize) : 0;
        read += HintMessage.TryRead(payload, out HintMessage hint) ? Same(n, hint.PayloadSize) : 0;
        read += ResetMessage.TryRead(payload, out ResetMessage reset) ? Same(n, reset.PayloadSize) : 0;
        if (TrailersMessage.TryRead(payload, out TrailersMessage trailers))
        {
            read += Same(n, trailers.PayloadSize);
            WalkHeaders(trailers.Headers);
            _ = ResponseTrailers.Check(trailers.Headers);
        }

        if (RequestMessage.TryRead(payload, out RequestMessage request))
        {
            read += Same(n, request.PayloadSize);
            WalkHeaders(request.Headers);
        }

        if (ResponseMessage.TryRead(payload, out ResponseMessage response))
        {
            read += Same(n, response.PayloadSize);
            WalkHeaders(response.Headers);
        }

        return read;
    }

    private static int Same(int expected, int actual) => expected == actual
        ? 1
        : throw new InvalidOperationException($"A payload of {expected} bytes was read as one of {actual}.");

    private static void WalkHeaders(ReadOnlySpan<byte> block)
    {
        int count = 0;
        foreach (HeaderField field in new HeaderBlock(block))
        {
            count += field.Name.Length + field.Value.Length >= 0 ? 1 : 0;
        }

        if (HeaderBlock.Validate(block, out int valid) == HeaderBlockError.None && valid != count)
        {
            throw new InvalidOperationException("The walk and the check disagree.");
        }
    }
}
