using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cdp.LocalKafka.Log;

/// <summary>A topic as <c>topics.json</c> names it.</summary>
internal sealed record TopicEntry(string Name, Guid Id, int Partitions, IReadOnlyDictionary<string, string> Configs);

/// <summary>All of <c>topics.json</c>.</summary>
internal sealed record TopicFileContent(int Format, string ClusterId, List<TopicEntry> Topics);

/// <summary>The file that names a data directory's topics, replaced as a whole: a crash leaves the old one or the new one.</summary>
internal sealed class TopicFile(string path)
{
    private const int Format = 1;

    /// <exception cref="InvalidDataException">The file is not readable as this format; the message names it and the remedy.</exception>
    public TopicFileContent Read()
    {
        if (!File.Exists(path)) return new TopicFileContent(Format, NewClusterId(), []);
        TopicFileContent? content;
        try
        {
            content = JsonSerializer.Deserialize(File.ReadAllBytes(path), TopicFileJson.Default.TopicFileContent);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not valid JSON ({e.Message}): restore it, or delete the data directory to start empty", e);
        }

        if (content is null || content.Format != Format)
            throw new InvalidDataException($"{path} has format {content?.Format}; this version reads format {Format}: start the version that wrote it, or use another data directory");
        return content;
    }

    public void Write(string clusterId, List<TopicEntry> topics)
    {
        var next = path + ".next";
        using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(stream, new TopicFileContent(Format, clusterId, topics), TopicFileJson.Default.TopicFileContent);
            stream.Flush(flushToDisk: true);
        }
        File.Move(next, path, overwrite: true);
    }

    // Kafka's form: a UUID as 22 characters of URL-safe base64.
    private static string NewClusterId() => Base64Url.EncodeToString(Guid.NewGuid().ToByteArray());
}

// Generated, for reflection over the records would be a good part of the broker's start.
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(TopicFileContent))]
internal sealed partial class TopicFileJson : JsonSerializerContext;
