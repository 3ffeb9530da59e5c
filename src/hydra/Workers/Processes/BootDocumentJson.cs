using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hydra.Workers.Processes;

/// <summary>The serializer of <see cref="BootDocument"/>, made at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BootDocument))]
internal sealed partial class BootDocumentJson : JsonSerializerContext
{
    /// <summary>The document as one line.</summary>
    public static byte[] ToLine(BootDocument document)
        => [.. JsonSerializer.SerializeToUtf8Bytes(document, Default.BootDocument), (byte)'\n'];
}
