using System.Text.Json;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Parsing.Quarantining;

/// <summary>Removes the write key from an event that is stored as it was sent. The key is a credential, not part of the event.</summary>
public static class Credential
{
    /// <param name="json">An event as it was sent. It may be truncated or not even be JSON.</param>
    /// <returns>The event without any member named <c>writeKey</c>, even if the name is written with escapes; otherwise byte for byte as sent.</returns>
    public static ReadOnlySpan<byte> Removed(ReadOnlySpan<byte> json)
    {
        // Only escapes can hide the name from this search.
        if (json.IndexOf("writeKey"u8) < 0 && json.IndexOf("\\u"u8) < 0) return json;
        var removed = new List<Slice>();
        try
        {
            Find(json, removed);
        }
        catch (JsonException)
        {
            // Truncated or not JSON. The write keys found so far are removed.
        }
        if (removed.Count == 0) return json;
        var kept = new List<byte>(json.Length);
        var from = 0;
        foreach (var slice in removed)
        {
            kept.AddRange(json[from..slice.Start]);
            from = slice.Start + slice.Length;
        }
        kept.AddRange(json[from..]);
        return kept.ToArray();
    }

    private static void Find(ReadOnlySpan<byte> json, List<Slice> found)
    {
        var reader = new Utf8JsonReader(json, isFinalBlock: true, new JsonReaderState(new JsonReaderOptions { MaxDepth = 512 }));
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return;
        var endOfLastKept = (int)reader.BytesConsumed;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            var isKey = EventScanner.Find(ref reader) == Member.WriteKey;
            reader.Read();
            reader.Skip();
            var end = (int)reader.BytesConsumed;
            if (!isKey)
            {
                endOfLastKept = end;
                continue;
            }
            var rest = json[end..].TrimStart(" \t\r\n"u8);
            if (rest is [(byte)',', ..])
            {
                found.Add(new Slice(start, json.Length - rest.Length + 1 - start));
                continue;
            }
            // The last member of the object: remove the comma before it too, and any write keys between that comma and this one.
            found.RemoveAll(slice => slice.Start >= endOfLastKept);
            found.Add(new Slice(endOfLastKept, end - endOfLastKept));
        }
    }
}
