using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary><see cref="FrameCursor"/>: each frame is found once, wherever the bytes are cut.</summary>
public sealed class FrameCursorTests
{
    // Three bytes before the first; a frame of three bytes, one of none, and one of two.
    private static readonly byte[] Bytes = [9, 9, 9, 0, 0, 3, 6, 1, 0x80, 0, 0, 5, 1, 2, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2, 8, 7, 0, 0, 1, 0, 4, 5];

    [Fact]
    public void Next_AtEverySplit_FindsEachFrameWithWhatIsKeptOfIt()
    {
        for (int split = 0; split <= Bytes.Length; split++)
        {
            var frames = new FrameCursor(before: 3, mostContents: 2, static (_, _, length) => Math.Min(length, 2));
            List<string> found = [];
            foreach (byte[] part in new[] { Bytes[..split], Bytes[split..] })
            {
                ReadOnlySpan<byte> rest = part;
                while (frames.Next(ref rest))
                {
                    found.Add($"{frames.Type} {frames.Flags} {frames.Length} {frames.Stream}: {string.Join(' ', frames.Contents.ToArray())}");
                }

                Assert.True(rest.IsEmpty);
            }

            Assert.Equal(["6 1 3 5: 1 2", "4 0 0 0: ", "8 7 2 256: 4 5"], found);
        }
    }

    [Fact]
    public void Repeat_Frame_ComesOnceMore()
    {
        var frames = new FrameCursor();
        ReadOnlySpan<byte> first = Bytes.AsSpan(3);
        Assert.True(frames.Next(ref first));
        frames.Repeat();
        ReadOnlySpan<byte> again = Bytes.AsSpan(3);

        Assert.True(frames.Next(ref again));
        Assert.Equal((6, 3, 5), (frames.Type, frames.Length, frames.Stream));
        Assert.True(frames.Next(ref again));
        Assert.Equal(4, frames.Type);
    }
}
