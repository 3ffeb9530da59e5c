using System.Buffers;

namespace Hydra.Diagnostics;

/// <summary>Finds the escape sequences that colour text: ESC [ numbers m. They change how what follows looks, and nothing else.</summary>
internal static class AnsiColor
{
    private static readonly SearchValues<char> Numbers = SearchValues.Create("0123456789;:");

    // Twice what three colours of 24 bits and all attributes take.
    private const int Longest = 64;

    /// <summary>The first of them in the text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where it begins.</param>
    /// <param name="length">Its characters.</param>
    public static bool Find(ReadOnlySpan<char> text, out int start, out int length)
    {
        start = 0;
        while (true)
        {
            int next = text[start..].IndexOf('\e');
            start += next;
            length = next < 0 ? 0 : Measure(text[start..]);
            if (next < 0 || length > 0)
            {
                return length > 0;
            }

            start++;
        }
    }

    // The length of the sequence that the text begins with; 0 where it is another one, or none.
    private static int Measure(ReadOnlySpan<char> text)
    {
        if (text.Length < 3 || text[1] != '[')
        {
            return 0;
        }

        int end = text[2..Math.Min(text.Length, Longest)].IndexOfAnyExcept(Numbers);
        return end >= 0 && text[2 + end] == 'm' ? end + 3 : 0;
    }
}
