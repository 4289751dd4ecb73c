namespace Cdp.Ingestion.Tests.Cases;

/// <summary>Input as its sender sent it, from the folder <c>samples</c>. Each once was lost, duplicated or misread.</summary>
internal static class CaseSample
{
    public static string Read(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Cases", "samples", name)).TrimEnd('\n');

    public static string[] ReadLines(string name) => Read(name).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
