using System.Buffers.Text;
using System.Text.Json;

namespace Cdp.LocalKafka.Log.Topics;

/// <summary>A topic in <c>topics.json</c>.</summary>
internal sealed record TopicEntry(string Name, Guid Id, int Partitions, IReadOnlyDictionary<string, string> Configs);

/// <summary>The contents of <c>topics.json</c>.</summary>
internal sealed record TopicFileContent(int Format, string ClusterId, List<TopicEntry> Topics);

/// <summary>The file that lists the topics of a data directory. It is replaced atomically, so a crash leaves either the old one or the new one.</summary>
internal sealed class TopicFile(string path)
{
    private const int Format = 1;

    /// <exception cref="InvalidDataException">The file cannot be read. The message names the file and what to do about it.</exception>
    public TopicFileContent Read()
    {
        if (!File.Exists(path)) return new TopicFileContent(Format, NewClusterId(), []);
        TopicFileContent content;
        try
        {
            content = Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{path} is not valid JSON ({e.Message}): restore it, or delete the data directory to start empty", e);
        }

        if (content.Format != Format)
            throw new InvalidDataException(
                $"{path} has format {content.Format}; this version reads format {Format}: start the version that wrote it, or use another data directory");
        return content;
    }

    public void Write(string clusterId, List<TopicEntry> topics)
    {
        var next = path + ".next";
        using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            Print(stream, clusterId, topics);
            stream.Flush(flushToDisk: true);
        }
        File.Move(next, path, overwrite: true);
    }

    // As in Kafka: a UUID as 22 characters of URL-safe base64.
    private static string NewClusterId() => Base64Url.EncodeToString(Guid.NewGuid().ToByteArray());

    // Parsed by hand. The serializer, even with generated code, was a third of the methods compiled during the first start in a process.
    private static TopicFileContent Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var format = root.GetProperty("format").GetInt32();
        if (format != Format) return new TopicFileContent(format, "", []);
        var topics = root.GetProperty("topics").EnumerateArray().Select(topic => new TopicEntry(
            Text(topic, "name"),
            topic.GetProperty("id").GetGuid(),
            topic.GetProperty("partitions").GetInt32(),
            topic.GetProperty("configs").EnumerateObject().ToDictionary(config => config.Name, config => config.Value.GetString() ?? "")));
        return new TopicFileContent(format, Text(root, "clusterId"), [.. topics]);
    }

    private static string Text(JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is null");

    private static void Print(Stream stream, string clusterId, List<TopicEntry> topics)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("format", Format);
        json.WriteString("clusterId", clusterId);
        json.WriteStartArray("topics");
        foreach (var topic in topics)
        {
            json.WriteStartObject();
            json.WriteString("name", topic.Name);
            json.WriteString("id", topic.Id);
            json.WriteNumber("partitions", topic.Partitions);
            json.WriteStartObject("configs");
            foreach (var (name, value) in topic.Configs) json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
