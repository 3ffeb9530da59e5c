using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hydra.Primitives;

namespace Hydra.Control;

/// <summary>
/// Standard input as a terminal that gives each key at once and shows none, until it is disposed of. POSIX only.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed unsafe partial class RawTerminal : IDisposable
{
    private const int Input = 0;
    private const int Output = 1;

    // Where a terminal does not say how large it is.
    private const int UsualWidth = 80;
    private const int UsualHeight = 24;

    private readonly TerminalModes? _before = TerminalModes.Of(Input);
    private readonly bool _isChanged;

    /// <summary>Begins.</summary>
    public RawTerminal() => _isChanged = _before?.MakeRaw() ?? false;

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
            _before!.Restore();
        }
    }

    // Variadic in C; Linux passes the third argument as it passes any other, and so does macOS on x64.
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int DeviceControl(int descriptor, nuint request, ushort* size);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, byte* buffer, nint count);
}
