using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Hydra.Control;

/// <summary>
/// Standard input as a terminal that gives each key at once and shows none, until it is disposed of. By calls of the C library: .NET's own switch the
/// keypad to another mode. POSIX only.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed unsafe partial class RawTerminal : IDisposable
{
    private const int Input = 0;
    private const int Output = 1;
    private const int Now = 0;

    // Where a terminal does not say how large it is.
    private const int UsualWidth = 80;
    private const int UsualHeight = 24;

    // struct termios is opaque here: it is read, changed by the library, and written back. It has less than 100 bytes everywhere.
    private readonly byte[] _before = new byte[256];
    private readonly bool _isChanged;

    /// <summary>Begins.</summary>
    public RawTerminal()
    {
        if (GetModes(Input, _before) == 0)
        {
            byte[] raw = [.. _before];
            MakeRaw(raw);
            _isChanged = SetModes(Input, Now, raw) == 0;
        }
    }

    /// <summary>Columns and lines.</summary>
    public static (int Width, int Height) Size
    {
        get
        {
            // struct winsize: rows, columns, and the same in pixels.
            ushort* size = stackalloc ushort[4];
            bool isKnown = DeviceControl(Output, OperatingSystem.IsMacOS() ? 0x40087468u : 0x5413u, size) == 0;
            return (isKnown && size[1] > 0 ? size[1] : UsualWidth, isKnown && size[0] > 0 ? size[0] : UsualHeight);
        }
    }

    /// <summary>Waits for a key. An escape sequence is one key, of which the first byte is told.</summary>
    /// <returns>The key; null at the end of the input.</returns>
    public static char? ReadKey()
    {
        byte* buffer = stackalloc byte[16];
        nint count = Read(Input, buffer, 16);

        // Arrows and the like begin as the escape key does, and are none.
        return count <= 0 ? null : count > 1 && buffer[0] == 0x1b ? '\0' : (char)buffer[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isChanged)
        {
            _ = SetModes(Input, Now, _before);
        }
    }

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetModes(int descriptor, byte[] modes);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetModes(int descriptor, int when, byte[] modes);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void MakeRaw(byte[] modes);

    // Variadic in C; Linux passes the third argument as it passes any other, and so does macOS on x64.
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int DeviceControl(int descriptor, nuint request, ushort* size);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, byte* buffer, nint count);
}
