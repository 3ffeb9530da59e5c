using System.IO.Compression;
using System.Reflection;
using System.Text;

namespace Hydra.Workers.Processes;

/// <summary>A file of the worker shim.</summary>
/// <param name="Path">Where it belongs, below the shim's directory, with forward slashes.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record ShimFile(string Path, byte[] Content);

/// <summary>The files that run in a worker, as the executable carries them.</summary>
internal sealed class ShimFiles
{
    /// <summary>The file that a worker's Python is started with.</summary>
    public const string EntryPoint = "hydra_shim.py";

    private const string Prefix = "shim/";
    private const string Pack = "shim.pack";

    /// <summary>Takes the files, in any order.</summary>
    public ShimFiles(IEnumerable<ShimFile> files)
    {
        Files = [.. files.OrderBy(static file => file.Path, StringComparer.Ordinal)];
        Hash = HashOf(Files);
    }

    /// <summary>The files, ordered by path.</summary>
    public IReadOnlyList<ShimFile> Files { get; }

    /// <summary>
    /// 16 hex digits that differ from build to build. FNV-1a is enough, since the content is compared byte by byte wherever it is found;
    /// a cryptographic hash would load OpenSSL at every start.
    /// </summary>
    public string Hash { get; }

    /// <summary>The files of this executable.</summary>
    public static ShimFiles FromResources()
    {
        Assembly assembly = typeof(ShimFiles).Assembly;

        // Names have the separators of the machine that built the executable.
        return new ShimFiles(Unpack(assembly).Concat(
            from name in assembly.GetManifestResourceNames()
            where name.StartsWith(Prefix, StringComparison.Ordinal)
            select new ShimFile(name[Prefix.Length..].Replace('\\', '/'), Read(assembly, name))));
    }

    // What hydra.csproj packs: of each file the name, the length, the bytes; all of it deflated (RFC 1951).
    private static IEnumerable<ShimFile> Unpack(Assembly assembly)
    {
        var content = new MemoryStream();
        using (var packed = new DeflateStream(assembly.GetManifestResourceStream(Pack)!, CompressionMode.Decompress))
        {
            packed.CopyTo(content);
        }

        content.Position = 0;
        using var reader = new BinaryReader(content);
        while (content.Position < content.Length)
        {
            yield return new ShimFile(reader.ReadString(), reader.ReadBytes(reader.ReadInt32()));
        }
    }

    private static byte[] Read(Assembly assembly, string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(name)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private static string HashOf(IReadOnlyList<ShimFile> files)
    {
        ulong hash = 14695981039346656037;
        foreach (ShimFile file in files)
        {
            Add(Encoding.UTF8.GetBytes(file.Path));
            Add(BitConverter.GetBytes(file.Content.LongLength));
            Add(file.Content);
        }

        return hash.ToString("x16");

        void Add(ReadOnlySpan<byte> bytes)
        {
            foreach (byte b in bytes)
            {
                hash = (hash ^ b) * 1099511628211;
            }

            // What ends a field.
            hash = (hash ^ 0xff) * 1099511628211;
        }
    }
}
