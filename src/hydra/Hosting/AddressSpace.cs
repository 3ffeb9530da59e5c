using System.Runtime.InteropServices;

namespace Hydra.Hosting;

/// <summary>Makes do with little address space (<c>ulimit -v</c>).</summary>
internal static unsafe class AddressSpace
{
    // malloc.h of glibc.
    private const int ArenaMax = -8;

    /// <summary>
    /// Where address space is limited, has the C library keep one arena for all threads. It reserves 64 MiB for each of the first threads otherwise, 128
    /// for a moment: with what the collector reserves nothing is left, and whoever asks for memory next aborts the process. To be called before there
    /// are threads.
    /// </summary>
    public static void Spare()
    {
        // Other C libraries have neither arenas nor the function.
        if (OperatingSystem.IsLinux() && IsLimited(ReadLimits())
            && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "mallopt", out nint address))
        {
            _ = ((delegate* unmanaged<int, int, int>)address)(ArenaMax, 1);
        }
    }

    /// <summary>Whether address space is limited.</summary>
    /// <param name="limits">What <c>/proc/self/limits</c> says; empty where it is not to be had.</param>
    internal static bool IsLimited(string limits)
    {
        ReadOnlySpan<char> name = "Max address space";
        foreach (ReadOnlySpan<char> line in limits.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                return !line[name.Length..].TrimStart().StartsWith("unlimited", StringComparison.Ordinal);
            }
        }

        return false;
    }

    private static string ReadLimits()
    {
        try
        {
            return File.ReadAllText("/proc/self/limits");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
