using Hydra.Primitives;

namespace Hydra.Tls;

/// <summary>Reads the files that users name for TLS.</summary>
internal static class TlsFile
{
    /// <summary>All of it, as text.</summary>
    /// <exception cref="TlsException">It cannot be read.</exception>
    public static string ReadText(string path) => Read(path, File.ReadAllText);

    /// <summary>All of it.</summary>
    /// <exception cref="TlsException">It cannot be read.</exception>
    public static byte[] ReadBytes(string path) => Read(path, File.ReadAllBytes);

    private static T Read<T>(string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TlsException($"{path} cannot be read: {FileTrouble.OfReading(e, path)}.");
        }
    }
}
