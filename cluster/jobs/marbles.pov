// Three marbles chase each other around a lamp. `clock` runs from 0 to 1; the last frame meets the first.
#version 3.7;
global_settings { assumed_gamma 1.0 }

camera { location <0, 3.2, -6> right x * image_width / image_height look_at <0, 0.4, 0> angle 60 }
light_source { <0, 3.5, 0> color rgb <1.0, 0.93, 0.8> area_light <0.4, 0, 0>, <0, 0, 0.4>, 4, 4 adaptive 1 }
light_source { <-8, 6, -8> color rgb <0.25, 0.3, 0.4> }
background { color rgb <0.02, 0.03, 0.06> }

plane {
    y, 0
    pigment { hexagon color rgb 0.18, color rgb 0.24, color rgb 0.30 }
    finish { reflection 0.12 }
}

#macro Marble(Turn, Tint)
    sphere {
        <2 * cos(2 * pi * (clock + Turn)), 0.6, 2 * sin(2 * pi * (clock + Turn))>, 0.6
        pigment { color rgb Tint }
        finish { ambient 0.05 diffuse 0.7 phong 0.9 phong_size 60 reflection 0.15 }
    }
#end

Marble(0, <0.95, 0.35, 0.15>)
Marble(1 / 3, <0.15, 0.65, 0.55>)
Marble(2 / 3, <0.95, 0.75, 0.20>)
