"""Deployment of readers, and the drawing and storage of sightings."""
