using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hydra.Control;

/// <summary>The serializers of what goes over the control socket, made at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(CommandAnswer))]
[JsonSerializable(typeof(StackAnswer))]
[JsonSerializable(typeof(RequestsAnswer))]
[JsonSerializable(typeof(ReplayAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class ControlJson : JsonSerializerContext;
