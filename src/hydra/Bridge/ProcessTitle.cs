using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace Hydra.Bridge;

/// <summary>What ps and top show for this process: "hydra: worker 2 node server.js", as for workers of Python. Linux alone.</summary>
internal static unsafe partial class ProcessTitle
{
    private const int SetName = 15;

    // proc(5): arg_start is the 48th field; the name, the second, may have blanks, and is left out with what stands before.
    private const int StartField = 48 - 3;
    private const int LongestName = 15;

    /// <summary>Shows it, as much as there is room for in the place of the arguments.</summary>
    public static void Show(string title)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            string stat = File.ReadAllText("/proc/self/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            long start = long.Parse(fields[StartField], CultureInfo.InvariantCulture);
            long end = long.Parse(fields[StartField + 1], CultureInfo.InvariantCulture);
            byte[] text = Encoding.UTF8.GetBytes(title);
            if (start > 0 && end - start == File.ReadAllBytes("/proc/self/cmdline").Length)
            {
                // With a NUL at the end: without one the kernel shows the environment behind it, too.
                var place = new Span<byte>((void*)start, (int)(end - start));
                place.Clear();
                text.AsSpan(0, Math.Min(text.Length, place.Length - 1)).CopyTo(place);
            }

            fixed (byte* name = (byte[])[.. text.AsSpan(0, Math.Min(text.Length, LongestName)), 0])
            {
                _ = prctl(SetName, (nint)name, 0, 0, 0);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // No /proc: then it has the title that it was started with.
        }
    }

    [UnsupportedOSPlatform("windows")]
    [LibraryImport("libc")]
    private static partial int prctl(int option, nint a, nint b, nint c, nint d);
}
