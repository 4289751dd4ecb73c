using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace Cdp.Ingestion.Browser;

/// <summary>Serves the files of a folder to pages of any origin, compressed if there is a <c>.br</c> or <c>.gz</c> file next to a file.</summary>
public sealed class SdkFiles(string folder)
{
    // Most file names do not contain a version, so browsers revalidate after an hour and usually get 304.
    public const string CacheControl = "public, max-age=3600";

    private static readonly (string Name, string Suffix)[] Encodings = [("br", ".br"), ("gzip", ".gz")];

    // The files of a package are written within this time. If a compressed file is older than its original by more than this, it belongs to another version.
    private static readonly TimeSpan Unpacking = TimeSpan.FromMinutes(1);

    // The file types that occur in SDKs. Other files in the folder are not served.
    private static readonly Dictionary<string, string> ContentTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".js"] = "text/javascript; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".json"] = "application/json",
        [".map"] = "application/json",
        [".wasm"] = "application/wasm",
    };

    // PhysicalFileProvider refuses paths that lead out of the folder, and files whose names begin with a dot.
    private readonly PhysicalFileProvider _files = new(Path.GetFullPath(folder));
    private readonly ConcurrentDictionary<(string, DateTimeOffset, long), EntityTagHeaderValue> _tags = new();

    public IResult Find(HttpRequest request, HttpResponse response, string path)
    {
        var plain = _files.GetFileInfo(path);
        if (!plain.Exists || plain.PhysicalPath is null || !ContentTypes.TryGetValue(Path.GetExtension(path), out var contentType)) return Results.NotFound();
        var (chosen, encoding) = Choose(request, path, plain);
        var headers = response.Headers;
        headers.CacheControl = CacheControl;
        headers.Vary = "Accept-Encoding";
        headers.AccessControlAllowOrigin = "*";
        headers.XContentTypeOptions = "nosniff";
        if (encoding is not null) headers.ContentEncoding = encoding;
        return Results.File(chosen.PhysicalPath!, contentType, entityTag: Tag(chosen));
    }

    private (IFileInfo File, string? Encoding) Choose(HttpRequest request, string path, IFileInfo plain)
    {
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var accepted);
        foreach (var (name, suffix) in Encodings)
        {
            var isAccepted = accepted?.Any(encoding => encoding.Value.Equals(name, StringComparison.OrdinalIgnoreCase) && encoding.Quality is not 0) == true;
            if (!isAccepted) continue;
            var compressed = _files.GetFileInfo(path + suffix);
            if (compressed is { Exists: true, PhysicalPath: not null } && plain.LastModified - compressed.LastModified < Unpacking) return (compressed, name);
        }
        return (plain, null);
    }

    // The tag is a hash of the content, because npm packages give every file of every version the same modification time.
    private EntityTagHeaderValue Tag(IFileInfo file) => _tags.GetOrAdd((file.PhysicalPath!, file.LastModified, file.Length), _ =>
    {
        using var stream = file.CreateReadStream();
        return new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(stream)[..16])}\"");
    });
}
